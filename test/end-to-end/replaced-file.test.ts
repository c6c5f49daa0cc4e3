import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { defineJob, openQueue } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

const fileOf = (url: string): string => url.replace('sqlite:', '')

const REPLACED = { code: 'store_replaced' }

const PARTS = ['', '-wal', '-shm']

/** What people and programs do to a file that somebody has open. */
const WAYS: Readonly<Record<string, (file: string) => void>> = {
  'the file is deleted': (file) => rmSync(file),
  'the file and its log are deleted': (file) => {
    for (const part of PARTS) rmSync(file + part)
  },
  'the log alone is deleted': (file) => rmSync(`${file}-wal`),
  'the index of the log alone is deleted': (file) => rmSync(`${file}-shm`),
  'another file is moved over it': (file) => {
    copyFileSync(file, `${file}.backup`)
    renameSync(`${file}.backup`, file)
  },
  'its folder is moved': (file) => renameSync(dirname(file), `${dirname(file)}-moved`),
}

describeSqlite('a file that is taken away while it is open', (test) => {
  for (const [what, takeAway] of Object.entries(WAYS)) {
    test(`acknowledges nothing when ${what}, and shows nothing that is old`, async ({ url, open }) => {
      const queue = await open()
      const job = await queue.enqueue(echo, 'kept')
      takeAway(fileOf(url))
      await expect(queue.enqueue(echo, 'lost')).rejects.toMatchObject({
        ...REPLACED,
        message: expect.stringMatching(/was deleted, moved or replaced .* 'millhand doctor'/s),
      })
      await expect(queue.enqueueMany(echo, [1, 2])).rejects.toMatchObject(REPLACED)
      await expect(queue.cancel(job.id)).rejects.toMatchObject(REPLACED)
      await expect(queue.pause('default')).rejects.toMatchObject(REPLACED)
      await expect(queue.transaction((tx) => queue.enqueue(echo, 1, { tx }))).rejects.toMatchObject(REPLACED)
      await expect(queue.list()).rejects.toMatchObject(REPLACED)
      await expect(job.get()).rejects.toMatchObject(REPLACED)
    })
  }

  test('is used again where it is put back', async ({ url, open }) => {
    const queue = await open()
    const folder = dirname(fileOf(url))
    renameSync(folder, `${folder}-moved`)
    await expect(queue.enqueue(echo, 'lost')).rejects.toMatchObject(REPLACED)
    renameSync(`${folder}-moved`, folder)
    const { id } = await queue.enqueue(echo, 'kept')
    expect(await queue.get(id)).toMatchObject({ input: 'kept' })
  })

  test('is missed where a link leads elsewhere by now', async ({ url }) => {
    const folder = dirname(fileOf(url))
    for (const each of ['one', 'two']) mkdirSync(join(folder, each), { recursive: true })
    const link = join(folder, 'current')
    symlinkSync(join(folder, 'one'), link)
    const queue = await openQueue(`sqlite:${link}/jobs.db`)
    await queue.enqueue(echo, 1)
    unlinkSync(link)
    symlinkSync(join(folder, 'two'), link)
    await expect(queue.enqueue(echo, 2)).rejects.toMatchObject(REPLACED)
    await queue.close()
  })

  test('stops a worker from claiming, which says why; its handlers go on, and it stops in time', async ({
    url,
    open,
    start,
    clock,
  }) => {
    const queue = await open()
    const { job, runs } = heldJob()
    const errors = new Set<string>()
    queue.on('loop_error', ({ loop, error }) =>
      errors.add(`${loop}: ${(error as { code?: string }).code ?? error.message}`),
    )
    await queue.enqueue(job)
    const worker = await start({ jobs: [job] }, queue)
    for (const part of PARTS) rmSync(fileOf(url) + part)
    const fresh = await open()
    await fresh.enqueue(job)
    await clock.advance('20s')
    expect([...errors]).toEqual(expect.arrayContaining(['claim: store_replaced', 'beat: store_replaced']))
    expect(runs).toHaveLength(1)
    expect(runs[0]?.ctx.signal.aborted).toBe(false)
    const stopped = worker.stop({ timeout: '1s' })
    await clock.advance('1m')
    await stopped
  })
})
