import { expect, test } from 'vitest'
import { unmadeSchema } from '../support/postgres.ts'
import { Scene } from './scene.ts'
import { scripted } from './script.ts'
import { BOUND, QUICK, results, Stage, times } from './stage.ts'

/** A schema of its own on the server of all tests, and the processes on it. */
class SharedServerScene extends Stage {
  readonly url = unmadeSchema().url
}

test.each([
  ['SQLite', () => new Scene()],
  ['PostgreSQL', () => new SharedServerScene()],
])('on %s, what a killed worker had begun runs again in another process, as the same attempt', async (_, make) => {
  await using scene = make()
  const queue = await scene.open()
  const victim = await scene.worker()
  const jobs = await queue.enqueueMany(scripted, times(3, { act: 'wait', once: true }))
  await victim.next('running', () => victim.all('running').length === jobs.length)

  await victim.end('SIGKILL')
  const other = await scene.worker()

  expect(await results(jobs)).toEqual(jobs.map(() => ({ pid: other.pid, epoch: 2 })))
  expect(await jobs[0]?.get()).toMatchObject({ state: 'complete', attempt: 1, crashes: 1 })
})

test('a worker process hears of a cancel, and on SIGTERM lets the running job finish', async () => {
  await using scene = new Scene()
  const queue = await scene.open()
  const worker = await scene.worker({ ...QUICK, concurrency: 1 })
  const cancelled = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  await cancelled.cancel()
  expect(await worker.next('aborted')).toMatchObject({ id: cancelled.id, because: 'cancelled' })
  const last = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')
  worker.signal('SIGTERM')
  await worker.next('stopping')
  worker.say('go')

  expect(await worker.exited).toEqual({ code: 0, signal: null })
  expect(await last.result(BOUND)).toEqual({ pid: worker.pid, epoch: 1 })
})
