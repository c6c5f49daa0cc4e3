import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineJob, openQueue } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { StoreAccess } from '../../src/store/sqlite/access.ts'
import { Connection } from '../../src/store/sqlite/connection.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import { roles } from '../../src/store/sqlite/roles.ts'
import { heldJob } from '../support/held-job.ts'
import { queueOn } from '../support/queue.ts'
import { unmadeFile } from '../support/sqlite.ts'
import { describeSqlite } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

/** The modes of what is in a folder, folders in it included. */
function modesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names.map((name) => [name, (statSync(`${folder}/${name}`).mode & 0o777).toString(8)]),
  )
}

/** The file of a queue that is open, its log, and the index of that. */
const filesOf = (folder: string, mode: string) =>
  Object.fromEntries(['', '-shm', '-wal'].map((part) => [`${folder}jobs.db${part}`, mode]))

const fileOf = (url: string): string => url.replace('sqlite:', '')

describeSqlite('the file of a queue', (given) => {
  const test = given.extend('url', ({ clock: _ }, { onCleanup }) => {
    const { url, release } = unmadeFile()
    onCleanup(release)
    return url
  })

  test('is made, with its folder, and found again', async ({ url }) => {
    const deep = url.replace('jobs.db', 'not/there/yet/größe %20.db')
    const first = await openQueue(deep)
    const { id } = await first.enqueue(echo, 'kept')
    await first.close()
    const second = await openQueue(deep)
    expect(second.location).toBe(fileOf(deep))
    expect(await second.get(id)).toMatchObject({ state: 'pending', input: 'kept' })
    await second.close()
  })

  test.skipIf(process.platform === 'win32')(
    'is for its owner alone, with all that is beside it and the folders that are made for it',
    async ({ url }) => {
      const there = dirname(fileOf(url))
      const queue = await openQueue(`sqlite:${there}/made/here/jobs.db`)
      await queue.enqueue(echo, 'secret')
      expect(modesIn(there)).toEqual({ made: '700', 'made/here': '700', ...filesOf('made/here/', '600') })
      await queue.close()
    },
  )

  test.skipIf(process.platform === 'win32')('is private also at the end of a link', async ({ url }) => {
    const there = dirname(fileOf(url))
    mkdirSync(`${there}/data`, { mode: 0o755 })
    symlinkSync('data/real.db', fileOf(url))
    const queue = await openQueue(url)
    expect(modesIn(`${there}/data`)).toMatchObject({ 'real.db': '600', 'real.db-wal': '600' })
    await queue.close()
  })

  test.skipIf(process.platform === 'win32')(
    'keeps the mode that it has, and what is made beside it takes that',
    async ({ url }) => {
      await (await openQueue(url)).close()
      chmodSync(fileOf(url), 0o640)
      const queue = await openQueue(url)
      await queue.enqueue(echo, 1)
      expect(modesIn(dirname(fileOf(url)))).toEqual(filesOf('', '640'))
      await queue.close()
    },
  )

  test('of a newer version is refused, and left as it was', async ({ url }) => {
    await (await openQueue(url)).close()
    const raw = new DatabaseSync(fileOf(url))
    raw.exec("insert into millhand_migrations values (999, '999_of_tomorrow', 0)")
    raw.close()
    await expect(openQueue(url)).rejects.toMatchObject({
      code: 'store_newer',
      facts: { version: 999 },
      message: expect.stringMatching(
        /of schema version 999, this Millhand knows up to \d+\. Upgrade Millhand here/,
      ),
    })
  })

  test('of an older version is refused where it is not to be migrated', async ({ url }) => {
    await expect(openQueue(url, { migrate: false })).rejects.toMatchObject({
      code: 'store_older',
      message: expect.stringMatching(/Run 'millhand migrate' on it/),
    })
    await (await openQueue(url)).close()
    await (await openQueue(url, { migrate: false })).close()
  })

  test('that is no database is refused, and left as it was', async ({ url }) => {
    const text = 'Dear miller, this is a letter and not a database. '.repeat(100)
    writeFileSync(fileOf(url), text)
    await expect(openQueue(url)).rejects.toMatchObject({ code: 'store_corrupt' })
    expect(readFileSync(fileOf(url), 'utf8')).toBe(text)
  })

  test('that was cut off is refused where it is noticed', async ({ url }) => {
    const queue = await openQueue(url)
    await queue.enqueueMany(
      echo,
      Array.from({ length: 500 }, () => 'x'.repeat(500)),
    )
    await queue.close()
    truncateSync(fileOf(url), 3 * 4096 + 17)
    const opened = openQueue(url).then(async (again) => {
      await again.enqueueMany(echo, [1, 2, 3]).finally(() => again.close())
    })
    await expect(opened).rejects.toMatchObject({ code: 'store_corrupt' })
  })

  test('that is a folder cannot be opened', async ({ url }) => {
    mkdirSync(fileOf(url))
    await expect(openQueue(url)).rejects.toMatchObject({ code: 'store_unavailable' })
    writeFileSync(`${fileOf(url)}/file`, '')
    await expect(openQueue(`${url}/file/jobs.db`)).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('without the right to write is refused', async ({ url, skip }) => {
    if (process.getuid?.() === 0)
      skip('root may write what it likes; test/unit/store/sqlite/connection.test.ts covers the error')
    await (await openQueue(url)).close()
    chmodSync(fileOf(url), 0o444)
    chmodSync(dirname(fileOf(url)), 0o555)
    const opened = openQueue(url).then((queue) => queue.enqueue(echo, 1).finally(() => queue.close()))
    await expect(opened).rejects.toMatchObject({ code: 'store_read_only' })
    chmodSync(dirname(fileOf(url)), 0o755)
  })

  test('under an address of no known form is refused', async () => {
    for (const address of ['jobs.db', 'sqlite:', 'mysql://x', '', undefined as never]) {
      await expect(openQueue(address)).rejects.toMatchObject({ code: 'invalid_store' })
    }
    await expect(openQueue('memory:', { pendingMx: 1 } as never)).rejects.toThrow(/Did you mean 'pendingMax'/)
  })
})

describeSqlite('a file that another process has locked', (test) => {
  test('delays a call until it is free', async ({ queue, url, clock }) => {
    const other = new DatabaseSync(fileOf(url))
    const tries: string[] = []
    queue.on('store_retry', ({ operation }) => tries.push(operation))
    other.exec('begin immediate')
    const enqueued = queue.enqueue(echo, 1)
    await clock.advance('200ms')
    expect(new Set(tries)).toEqual(new Set(['jobs.insert']))
    expect(await queue.count()).toBe(0)
    other.exec('commit')
    other.close()
    await clock.advance('100ms')
    expect(await (await enqueued).get()).toMatchObject({ state: 'pending' })
  })

  test('for longer than busyTimeout is an error that says so', async ({ open, url, clock }) => {
    const queue = await open({ busyTimeout: '300ms' })
    const other = new DatabaseSync(fileOf(url))
    other.exec('begin immediate')
    const refused = expect(queue.enqueue(echo, 1)).rejects.toMatchObject({
      code: 'store_busy',
      message: expect.stringMatching(/was locked or away for \d+ ms\. .* busyTimeout/),
    })
    await clock.advance('1s')
    await refused
    other.exec('rollback')
    other.close()
    await queue.enqueue(echo, 2)
  })

  test('costs a running worker nothing but time', async ({ queue, url, clock, start }) => {
    const other = new DatabaseSync(fileOf(url))
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    other.exec('begin immediate')
    run().end('done')
    await clock.advance('500ms')
    expect((await handle.get()).state).toBe('running')
    other.exec('commit')
    other.close()
    await clock.advance('500ms')
    expect(await handle.result()).toBe('done')
    expect((await handle.get()).epoch).toBe(1)
  })
})

describeSqlite('a full disk', (test) => {
  /** A queue that may not make its file larger: SQLite answers as on a full disk. */
  const queueOnFullDisk = test.extend('limited', async ({ url, clock }, { onCleanup }) => {
    const store = await openSqliteStore({ file: fileOf(url), clock })
    const connection = new Connection(fileOf(url))
    const queue = queueOn({ ...store, ...roles(new StoreAccess(connection, clock)) }, clock)
    onCleanup(async () => {
      await queue.close()
      connection.close()
    })
    const allowPages = (pages: number) => connection.db.exec(`pragma max_page_count = ${pages}`)
    return { queue, fill: () => allowPages(1), free: () => allowPages(100_000) }
  })

  queueOnFullDisk('refuses an enqueue, and loses nothing that was acknowledged', async ({ limited }) => {
    const { queue, fill, free } = limited
    const kept = await queue.enqueueMany(echo, ['a', 'b'])
    fill()
    const large = 'x'.repeat(100_000)
    await expect(queue.enqueue(echo, large)).rejects.toMatchObject({
      code: 'store_full',
      message: expect.stringMatching(/is full\. Free some space or run 'millhand prune'/),
    })
    expect((await queue.list()).map(({ id }) => id).sort()).toEqual(kept.map(({ id }) => id).sort())
    free()
    await queue.enqueue(echo, large)
    expect(await runUntilIdle(queue, { jobs: [echo] })).toBe(3)
  })

  queueOnFullDisk(
    'an outcome that cannot be written waits until it can',
    async ({ limited, clock, start }) => {
      const { queue, fill, free } = limited
      const errors: string[] = []
      queue.on('loop_error', ({ loop, error }) =>
        errors.push(`${loop}: ${(error as { code?: string }).code}`),
      )
      const { job, run, runs } = heldJob()
      const handle = await queue.enqueue(job)
      await start({ jobs: [job] }, queue)
      fill()
      run().end('y'.repeat(100_000))
      await clock.advance('20s')
      expect(new Set(errors)).toEqual(new Set(['settle: store_full']))
      expect((await handle.get()).state).toBe('running')
      free()
      await clock.advance('10s')
      expect(await handle.result()).toHaveLength(100_000)
      expect(runs).toHaveLength(1)
    },
  )
})
