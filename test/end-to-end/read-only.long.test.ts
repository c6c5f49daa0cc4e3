import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineJob, openQueue, type Queue, Worker } from 'millhand'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { chmodAll, mountReadOnly, withoutRights } from '../support/read-only.ts'
import { unmadeFile } from '../support/sqlite.ts'
import { describePostgres, describeSqlite } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

const fileOf = (url: string): string => url.replace('sqlite:', '')

const REFUSED = { code: 'store_read_only' }
const CANNOT_BE_MADE = { ...REFUSED, message: expect.stringContaining('is not there, and cannot be made') }

/** Stores a job as somebody who may write. */
async function prepare(url: string): Promise<string> {
  const queue = await openQueue(url)
  const { id } = await queue.enqueue(echo, 'kept')
  await queue.pause('mail')
  await queue.close()
  return id
}

/** Everything that only looks is answered. */
async function expectReadable(queue: Queue, id: string): Promise<void> {
  expect(await queue.get(id)).toMatchObject({ state: 'pending', input: 'kept' })
  expect(await queue.list()).toMatchObject([{ id }])
  expect(await queue.count({ state: 'pending' })).toBe(1)
  expect(await queue.stats()).toMatchObject({ workers: 0 })
  expect(await queue.workers()).toEqual([])
  expect(await queue.explain(id)).toBeDefined()
}

/** Everything that writes says why it does not. */
async function expectRefusals(queue: Queue, id: string): Promise<void> {
  await expect(queue.enqueue(echo, 1)).rejects.toMatchObject(REFUSED)
  await expect(queue.enqueueMany(echo, [1, 2])).rejects.toMatchObject(REFUSED)
  await expect(queue.cancel(id)).rejects.toMatchObject(REFUSED)
  await expect(queue.pause('default')).rejects.toMatchObject(REFUSED)
  await expect(queue.prune()).rejects.toMatchObject(REFUSED)
  await expect(queue.transaction((tx) => queue.enqueue(echo, 1, { tx }))).rejects.toMatchObject(REFUSED)
  await expect(new Worker(queue, { jobs: [echo] }).start()).rejects.toMatchObject(REFUSED)
}

describeSqlite('what may not be written', (test) => {
  for (const [what, modes] of [
    ['a file', { file: 0o444, folder: 0o777 }],
    ['a folder', { file: 0o666, folder: 0o555 }],
    ['a file and its folder', { file: 0o444, folder: 0o555 }],
  ] as const) {
    test(`${what} can be looked at, and every write says store_read_only`, async ({ url }) => {
      const id = await prepare(url)
      chmodAll(fileOf(url), modes)
      await withoutRights(async () => {
        const queue = await openQueue(url)
        await expectReadable(queue, id)
        await expectRefusals(queue, id)
        await queue.close()
      })
      chmodAll(fileOf(url), { file: 0o644, folder: 0o755 })
    })
  }

  test('a file that somebody else writes can be looked at meanwhile', async ({ url, open }) => {
    const id = await prepare(url)
    const writer = await open()
    chmodAll(fileOf(url), { file: 0o444, folder: 0o555 })
    await withoutRights(async () => {
      const queue = await openQueue(url)
      await expectReadable(queue, id)
      await expect(queue.enqueue(echo, 1)).rejects.toMatchObject(REFUSED)
      await queue.close()
    })
    await writer.enqueue(echo, 2)
  })

  test('a file that nobody wrote when it was opened shows what is written later', async ({ url, open }) => {
    await prepare(url)
    chmodAll(fileOf(url), { file: 0o444, folder: 0o555 })
    const queue = await withoutRights(() => openQueue(url))
    expect(await queue.count()).toBe(1)
    const writer = await open()
    await writer.enqueue(echo, 2)
    chmodAll(fileOf(url), { file: 0o444, folder: 0o555 })
    expect(await withoutRights(() => queue.count())).toBe(2)
    await queue.close()
  })

  test('a file system that is read-only can be looked at, and every write says store_read_only', async ({
    url,
    skip,
  }) => {
    const id = await prepare(url)
    const unmount = mountReadOnly(dirname(fileOf(url)))
    if (!unmount) return skip('this process may not mount; the permissions of files stand for it above')
    try {
      const queue = await openQueue(url)
      await expectReadable(queue, id)
      await expectRefusals(queue, id)
      await queue.close()
      for (const missing of ['new.db', 'deep/new.db'])
        await expect(openQueue(url.replace('jobs.db', missing))).rejects.toMatchObject(CANNOT_BE_MADE)
    } finally {
      unmount()
    }
  })

  test('a file that would have to be made or migrated is refused when it is opened', async () => {
    const { url, release } = unmadeFile()
    onTestFinished(release)
    new DatabaseSync(fileOf(url)).exec('create table theirs (a)')
    chmodAll(fileOf(url), { file: 0o444, folder: 0o555 })
    await withoutRights(async () => {
      await expect(openQueue(url)).rejects.toMatchObject(REFUSED)
      await expect(openQueue(url.replace('jobs.db', 'deep/new.db'))).rejects.toMatchObject(REFUSED)
    })
    chmodAll(fileOf(url), { file: 0o644, folder: 0o755 })
  })
})

describePostgres('what may not be written', (test) => {
  const readOnly = (url: string) =>
    `${url}&options=${encodeURIComponent('-c default_transaction_read_only=on')}`

  test('a server that is read-only can be looked at, and every write says store_read_only', async ({
    url,
  }) => {
    const id = await prepare(url)
    const queue = await openQueue(readOnly(url), { busyTimeout: '100ms' })
    await expectReadable(queue, id)
    await expectRefusals(queue, id)
    await queue.close()
  })

  test('a server that may not be written for a moment, as after a failover, costs that moment', async ({
    url,
  }) => {
    await prepare(url)
    const pool = new pg.Pool({ connectionString: readOnly(url) })
    const schema = new URL(url).searchParams.get('schema') ?? ''
    const queue = await openQueue({ postgres: pool, schema, busyTimeout: '1m' })
    // The next connection is one to the server that has taken over.
    queue.on('store_retry', () => {
      pool.options.connectionString = url
    })
    const job = await queue.enqueue(echo, 1)
    expect(await job.get()).toMatchObject({ state: 'pending' })
    await queue.close()
    await pool.end()
  })
})
