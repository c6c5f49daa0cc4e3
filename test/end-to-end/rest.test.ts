import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StatementSync } from 'node:sqlite'
import { defineJob, Worker } from 'millhand'
import { expect, onTestFinished, test, vi } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { queueOn } from '../support/queue.ts'

/** What the watch of the file asks when the file was written: virtual minutes are over before the machine has told of the writes. */
const WATCH = 'pragma data_version'

/** How many statements this process gives to SQLite from now on; begin and commit are some. */
function countStatements(): () => number {
  const spies = (['run', 'get', 'all', 'iterate'] as const).map((method) =>
    vi.spyOn(StatementSync.prototype, method),
  )
  onTestFinished(() => {
    for (const spy of spies) spy.mockRestore()
  })
  return () =>
    spies
      .flatMap(({ mock }) => mock.contexts as StatementSync[])
      .filter(({ sourceSQL }) => sourceSQL !== WATCH).length
}

test('a worker that leads and has nothing to do asks the file for less than one statement a second, its beat and all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const clock = new VirtualClock()
  const queue = queueOn(await openSqliteStore({ file: join(folder, 'jobs.db'), clock }), clock)
  onTestFinished(() => queue.close())
  const worker = new Worker(queue, { jobs: [defineJob({ name: 'test.rest', run() {} })] })
  await worker.start()
  onTestFinished(() => worker.stop())
  await clock.advance('1m')

  const count = countStatements()
  await clock.advance('10m')
  expect(count()).toBeGreaterThan(0)
  expect(count()).toBeLessThan(600)
})
