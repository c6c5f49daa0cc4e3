import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { libraryOn } from '../../examples/demo/library/library.ts'
import { startEmbedded } from '../../examples/demo/server/embedded.ts'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))
const NODE_OPTIONS = ['--conditions=millhand-source', '--disable-warning=ExperimentalWarning']

/** In which the demo works on the server of the tests. */
const SCHEMA = `demo_${process.pid}`

interface Figures {
  files: number
  jobs: number
  complete: number
  skipped: number
  failed: number
  rescued: number
  lost: number
  duplicates: number
  elapsedMs: number
}

/** Holds the folders to index, and what the demo makes for itself. */
let place = ''
let temporary = ''
const children: ChildProcess[] = []

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'millhand-demo-test-'))
  temporary = join(place, 'temporary')
  mkdirSync(temporary)
  // The server that the demo starts may have to run as a user of its own, which has to get at its folder.
  chmodSync(place, 0o755)
})

afterAll(async () => {
  // Those of a test that failed; the workers go with them.
  for (const child of children) child.kill('SIGKILL')
  rmSync(place, { recursive: true })
  const client = new pg.Client(inject('postgres'))
  await client.connect()
  await client.query(`drop schema if exists ${SCHEMA} cascade`)
  await client.end()
})

test.each([
  ['SQLite', () => []],
  ['PostgreSQL', () => ['--store', `${inject('postgres')}?schema=${SCHEMA}`]],
])('the sample on %s: a worker is killed, nothing is lost or twice, and a search finds', async (_, store) => {
  const { code, stdout, stderr } = await demo(['--json', '--query', 'mill stone', ...store()])

  expect(stdout.length).toBe(1)
  const figures = figuresOf(stdout)
  expect(Object.keys(figures)).toEqual([
    'files',
    'jobs',
    'complete',
    'skipped',
    'failed',
    'rescued',
    'lost',
    'duplicates',
    'elapsedMs',
  ])
  expect(figures).toMatchObject({
    files: 67,
    jobs: 67,
    complete: 57,
    skipped: 6,
    failed: 4,
    lost: 0,
    duplicates: 0,
  })
  expect(figures.rescued).toBeGreaterThanOrEqual(1)
  expect(stderr.join('\n')).toMatch(/killed with SIGKILL, on purpose/)
  expect(stderr).toContain('                 1  an encrypted PDF: it opens with a password only')
  expect(stderr).toContain('How a grain mill works  (milling/how-a-mill-works.md)')
  expect(code).toBe(0)
  expect(readdirSync(temporary)).toEqual([])
})

test('any folder, and again: what is done is not done again, and what is gone is not found', async () => {
  const folder = makeFolder()
  const database = join(place, 'library.db')
  const given = [folder, '--json', '--database', database]

  const first = figuresOf((await demo(given)).stdout)
  expect(first).toMatchObject({
    files: 309,
    jobs: 309,
    complete: 304,
    skipped: 4,
    failed: 1,
    lost: 0,
    duplicates: 0,
  })
  expect(first.rescued).toBeGreaterThanOrEqual(1)

  writeFileSync(join(folder, 'note-1.md'), '# Changed\n\nA heron stands in the tail race.\n')
  writeFileSync(join(folder, 'new.txt'), 'The heron is back.\n')
  rmSync(join(folder, 'note-2.md'))
  const again = await demo([...given, '--query', 'heron'])
  const second = figuresOf(again.stdout)
  expect(second).toMatchObject({
    files: 309,
    jobs: 3,
    complete: 2,
    skipped: 0,
    failed: 1,
    lost: 0,
    duplicates: 0,
  })
  expect(again.stderr).toContain('Changed  (note-1.md)')
  expect(again.stderr).toContain('new.txt  (new.txt)')

  using db = new DatabaseSync(database, { readOnly: true })
  const { index } = libraryOn(db)
  expect(await index.search('note3word')).toHaveLength(1)
  expect(await index.search('note2word')).toEqual([])
})

test.each([
  'sqlite',
  'postgres',
])('interrupted on %s, it ends its workers and leaves nothing behind', async (store) => {
  const running = start(['--pace', '300', '--store', store])
  const location = await running.line(/^Database/)
  await running.line(/ \d+ of 67 jobs/)
  running.child.kill('SIGINT')

  expect((await running.ended).code).toBe(130)
  expect(readdirSync(temporary)).toEqual([])
  const port = /127\.0\.0\.1:(\d+)/.exec(location)?.[1]
  if (store === 'postgres') await expect(connected(Number(port))).rejects.toThrow('ECONNREFUSED')
})

test.concurrent.each([
  [
    'a folder that does not exist',
    ['/no/such/folder'],
    "'/no/such/folder' is not a folder that can be read (ENOENT)",
  ],
  ['a file instead of a folder', [MAIN], 'is not a folder that can be read (ENOTDIR)'],
  ['an unknown option', ['--quick'], "Unknown option '--quick'"],
  ['a number that is none', ['--workers', 'many'], "--workers takes a whole number from 1 to 32, not 'many'"],
  ['a database that is none', ['--database', MAIN], 'is not a usable SQLite database'],
  ['an unknown store', ['--store', 'oracle'], "--store takes sqlite, postgres or postgres://…, not 'oracle'"],
  [
    'a file for PostgreSQL',
    ['--store', 'postgres', '--database', 'a.db'],
    '--database names a file of SQLite',
  ],
  ['a server that goes and stays', ['--store', 'postgres', '--keep'], '--keep is not for a server that goes'],
  ['a server that is not there', ['--store', 'postgres://nobody:secret@127.0.0.1:1/none'], 'ECONNREFUSED'],
])('%s is refused with a clear message', async (_, given, message) => {
  const { code, stdout, stderr } = await demo(given)
  expect(stderr.join('\n')).toContain(message)
  expect(stdout).toEqual([])
  expect(code).toBe(2)
})

test('the server of the demo has a password of its own, and only that', async () => {
  const servers = [await startEmbedded(), await startEmbedded()]
  const [one = '', other = ''] = servers.map(({ url }) => URL.parse(url)?.password)
  expect(one).toMatch(/^[\w-]{32}$/)
  expect(other).not.toBe(one)
  const mixed = servers[0]?.url.replace(one, other)
  await expect(ask(mixed)).rejects.toMatchObject({ code: '28P01' })
  expect(await ask(servers[0]?.url)).toBe('millhand')
  for (const server of servers) await server.stop()
})

/** The name of the database. */
async function ask(connectionString: string | undefined): Promise<string> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  const { rows } = await client.query('select current_database() as name').finally(() => client.end())
  return rows[0].name
}

async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.destroy()
}

/** Three hundred notes, and whatever else lies around in folders. */
function makeFolder(): string {
  const folder = join(place, 'folder')
  const deep = join(folder, ...Array.from({ length: 5 }, (_, index) => `${index}`.padEnd(120, 'x')))
  mkdirSync(deep, { recursive: true })
  for (let number = 0; number < 300; number += 1) {
    writeFileSync(
      join(folder, `note-${number}.md`),
      `# Note ${number}\n\nThe note${number}word and others.\n`,
    )
  }
  writeFileSync(join(deep, 'a path that is longer than a key may be.txt'), 'deep down\n')
  writeFileSync(join(folder, 'a\nline break\u001b[31m.txt'), 'an odd name\n')
  writeFileSync(join(folder, "it's “odd”, größe № 7 — 磨坊 👩‍🌾.txt"), 'another odd name\n')
  writeFileSync(join(folder, 'page.html'), '<title>A page</title><p>never <b>closed')
  writeFileSync(join(folder, 'empty.txt'), '')
  writeFileSync(join(folder, 'blank.md'), ' \n\n')
  writeFileSync(join(folder, 'binary.txt'), Buffer.from([0, 1, 2, 3, 255]))
  writeFileSync(join(folder, 'corrupt.pdf'), '%PDF-1.7\nnothing that follows is one\n')
  writeFileSync(join(folder, 'huge.txt'), 'a '.repeat(8_000))
  truncateSync(join(folder, 'huge.txt'), 200e6)
  symlinkSync('nowhere', join(folder, 'link.txt'))
  execFileSync('mkfifo', [join(folder, 'pipe.txt')])
  return folder
}

function figuresOf(stdout: readonly string[]): Figures {
  return JSON.parse(stdout.at(-1) ?? '') as Figures
}

interface Ended {
  code: number | null
  stdout: string[]
  stderr: string[]
}

/** Runs the demo to its end. */
function demo(given: readonly string[]): Promise<Ended> {
  return start(given).ended
}

function start(given: readonly string[]) {
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN, ...given], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  const stdout = createInterface({ input: child.stdout })
  const lines = { stdout: [] as string[], stderr: [] as string[] }
  stdout.on('line', (line) => lines.stdout.push(line))
  createInterface({ input: child.stderr }).on('line', (line) => lines.stderr.push(line))
  return {
    child,
    ended: once(child, 'close').then(([code]): Ended => ({ code, ...lines })),
    /** Resolves with the first line from now on that fits. */
    line: (pattern: RegExp) =>
      new Promise<string>((resolve) => {
        stdout.on('line', (line) => pattern.test(line) && resolve(line))
      }),
  }
}
