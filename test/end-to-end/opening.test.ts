import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { type OpenOptions, openQueue } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { emptySchema } from '../support/postgres.ts'

/** Opens a queue, and tells what its log says that it waits for. */
function opening(url: string, options: OpenOptions) {
  const waits: string[] = []
  const waiting = Promise.withResolvers<string>()
  const warn = ({ err }: { readonly err?: Error }, message: string) => {
    waits.push(`${message}: ${err?.message}`)
    waiting.resolve(waits[0] ?? '')
  }
  const logger = { debug() {}, info() {}, warn, error() {} }
  const opened = openQueue(url, { ...options, logger }).then((queue) => {
    onTestFinished(() => queue.close())
    return queue
  })
  opened.catch(() => {})
  return { opened, waits, waiting: waiting.promise }
}

/** On a machine that is busy, the first try alone may take longer than the whole time, and then nothing is waited for. */
async function openingUntilToldOfWaiting(url: string) {
  for (let openTimeout = 300; ; openTimeout *= 4) {
    const { opened, waiting } = opening(url, { openTimeout })
    const told = await Promise.race([waiting, opened.then(String, () => undefined)])
    if (told !== undefined) return { opened, told }
  }
}

/** What PostgreSQL answers while it recovers. */
const STARTING_UP = errorResponse('57P03', 'the database system is starting up')

function errorResponse(code: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C${code}\0M${message}\0\0`)
  const head = Buffer.alloc(5, 'E')
  head.writeInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}

/** A server before another one, that says to the first callers that it is not there yet. */
async function startingServer(url: string, refusals: number): Promise<string> {
  const { hostname, port } = new URL(url)
  let calls = 0
  const server = createServer((socket) => {
    calls += 1
    socket.on('error', () => {})
    if (calls <= refusals) return void socket.once('data', () => socket.end(STARTING_UP))
    const behind = connect(Number(port), hostname)
    behind.on('error', () => socket.destroy())
    socket.on('close', () => behind.destroy())
    socket.pipe(behind).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return url.replace(`${hostname}:${port}`, `127.0.0.1:${(server.address() as AddressInfo).port}`)
}

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'jobs.db')
}

test('a server that is starting up is waited for, and the log says so once', async () => {
  const { url, release } = await emptySchema()
  onTestFinished(release)
  const { opened, waits } = opening(await startingServer(url, 3), { openTimeout: '1m' })
  expect(await (await opened).count()).toBe(0)
  expect(waits).toEqual(['waiting for the database: the database system is starting up'])
})

test.each([
  ['refuses', 'postgres://ann@127.0.0.1:1/none', /ECONNREFUSED/],
  ['is not known yet', 'postgres://ann@nobody.invalid/none', /ENOTFOUND|EAI_AGAIN/],
])('a server that %s is waited for as long as was said', async (_, url, problem) => {
  const { opened, told } = await openingUntilToldOfWaiting(url)
  expect(told).toMatch(problem)
  await expect(opened).rejects.toMatchObject({
    code: 'store_unavailable',
    facts: {
      problem: expect.stringMatching(/; it was tried again for \d+ ms, which is what 'openTimeout' allows$/),
    },
  })
})

test('a URL may be an object, and one that names no store is refused as its text is', async () => {
  const file = newFile()
  const queue = await openQueue(new URL(`sqlite:${file}`))
  onTestFinished(() => queue.close())
  await expect(openQueue(`sqlite:${file}`).then((other) => other.close())).resolves.toBeUndefined()
  await expect(openQueue(new URL('postgres://ann@127.0.0.1:1/none'), { openTimeout: 0 })).rejects.toThrow(
    'ECONNREFUSED',
  )
  await expect(openQueue(pathToFileURL(file))).rejects.toMatchObject({
    code: 'invalid_store',
    message: expect.stringContaining("write 'sqlite:FILE'"),
  })
})

test('where nothing is to be waited for, it is said at once', async () => {
  const { opened, waits } = opening('postgres://ann@127.0.0.1:1/none', { openTimeout: 0 })
  await expect(opened).rejects.toMatchObject({ code: 'store_unavailable' })
  expect(waits).toEqual([])
})

test('a file that another process has locked is waited for, or refused after openTimeout', async () => {
  const file = newFile()
  const other = new DatabaseSync(file)
  onTestFinished(() => other.close())
  other.exec('begin exclusive')

  const hasty = opening(`sqlite:${file}`, { openTimeout: 0 })
  await expect(hasty.opened).rejects.toMatchObject({ facts: { waitedMs: 0 } })
  await expect(hasty.opened).rejects.toMatchObject({
    code: 'store_busy',
    message: expect.stringContaining('openTimeout'),
  })
  const { opened, waiting } = opening(`sqlite:${file}`, { openTimeout: '1m' })
  expect(await waiting).toMatch(/waiting for the database: .*locked/)
  other.exec('commit')
  expect(await (await opened).count()).toBe(0)
})

test('a folder is no file, and is said to be a folder', async () => {
  await expect(openQueue(`sqlite:${tmpdir()}`)).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringContaining('it is a folder. Name a file in it'),
  })
})

test('no error of opening holds the password of the URL, whatever of it can be read', async () => {
  for (const password of ['s3cret#x', 's3cret/x', 's3cret?x', 's3cret x', 's3cret@x', '%s3cret']) {
    const url = `postgres://user:${password}@127.0.0.1:1/db`
    const error = await openQueue(url, { openTimeout: 0 }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: expect.stringMatching(/^(store_unavailable|invalid_store)$/) })
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('s3cret')
  }
  await expect(openQueue('mysql://user:s3cret@host/db')).rejects.toMatchObject({
    message: expect.stringContaining("'mysql://…@host/db' is not a store: there is no store on MySQL"),
  })
})
