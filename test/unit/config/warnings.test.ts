import { expect, test, vi } from 'vitest'
import { type Config, defineConfig } from '../../../src/config/index.ts'
import { oddities } from '../../../src/config/warnings.ts'
import { defineJob } from '../../../src/job/definition.ts'

const hello = defineJob({ name: 'example.hello', run: () => {} })

const cached = defineJob({ name: 'example.cached', cache: { key: () => 'k', ttl: '8d' }, run: () => {} })

const many = defineJob({ name: 'example.many', runMany: { size: 11, run: () => {} } })

const FOUND = { jobsRead: true, hasDriver: () => true }

const ORDINARY: Config = {
  file: undefined,
  folder: '.',
  store: 'sqlite:jobs.db',
  location: 'sqlite:jobs.db',
  storeNamed: true,
  specs: [hello],
  definitions: [hello],
  schedules: {},
  roles: {},
  queues: {},
  worker: {},
  queue: {},
  retention: {},
  log: { level: 'info', format: 'auto' },
}

test.each<[what: string, changes: Partial<Config>, path: string]>([
  ['no jobs', { specs: [], definitions: [] }, 'jobs'],
  ['a store in memory', { store: 'memory:' }, 'store'],
  ['a store that nobody named', { storeNamed: false }, 'store'],
  ['very many handlers in one process', { worker: { concurrency: 1_001 } }, 'worker.concurrency'],
  ['a teardown without a setup', { worker: { teardown: () => {} } }, 'worker.teardown'],
  ['a cache that outlives its jobs', { specs: [cached] }, 'retention.complete'],
  ['a batch that its worker could not fill', { definitions: [many] }, 'worker.concurrency'],
  ['a worker that leaves out the queue of a job', { worker: { queues: ['mail'] } }, 'worker.queues'],
])('%s', (_, changes, path) => {
  const found = oddities({ ...ORDINARY, ...changes }, FOUND)
  expect(found.map((each) => each.path)).toEqual([path])
})

test('a cache whose jobs are kept for as long is as it should be', () => {
  expect(oddities({ ...ORDINARY, specs: [cached], retention: { complete: '8d' } }, FOUND)).toEqual([])
})

test('a number below a second, which is easily meant as seconds, is told with both ways to write it', () => {
  const bare = defineJob({ name: 'app.bare', timeout: 30, stallTimeout: 1_000, expiresIn: '30ms' })
  const specs = [bare, bare.handle(() => {}), { ...bare.handle(() => {}), timeoutMs: 40 }]
  const settings = {
    worker: { lease: 500, beat: '20ms', progressInterval: 0 },
    retention: { failed: 7 },
  } as const
  const found = oddities({ ...ORDINARY, ...settings, specs }, FOUND)
  const ofDurations = found.filter(({ message }) => message.includes(' ms;'))
  expect(ofDurations).toEqual([
    {
      path: 'worker.lease',
      message: "is 500, which is 500 ms; write '500s' if seconds are meant, else '500ms'",
    },
    { path: 'retention.failed', message: expect.stringContaining("'7s'") },
    {
      path: 'jobs',
      message: expect.stringContaining("'app.bare' has timeout: 30, which is 30 ms; write '30s'"),
    },
    { path: 'jobs', message: expect.stringContaining("'app.bare' has timeout: 30") },
  ])
})

test('an ordinary configuration is no cause for a warning', () => {
  const worker = { concurrency: 1_000, lease: '6s', beat: '3s', queues: ['default'] } as const
  expect(oddities({ ...ORDINARY, worker }, FOUND)).toEqual([])
})

test('defineConfig gives back what it gets', () => {
  const options = { store: 'sqlite:jobs.db', jobs: [hello, [hello], './jobs/*.ts'] }
  expect(defineConfig(options)).toBe(options)
})

test('a store on PostgreSQL is told where its client is not installed, and no other store is', () => {
  const store = 'postgres://db.example/app'
  const without = { ...FOUND, hasDriver: () => false }
  expect(oddities({ ...ORDINARY, store }, without)).toEqual([
    { path: 'store', message: expect.stringContaining("not installed here: 'npm install pg'") },
  ])
  expect(oddities({ ...ORDINARY, store }, FOUND)).toEqual([])
  expect(oddities(ORDINARY, without)).toEqual([])
})

test('the client of PostgreSQL is not looked for where the store is another one', () => {
  const hasDriver = vi.fn(() => true)
  for (const store of ['sqlite:jobs.db', 'memory:']) oddities({ ...ORDINARY, store }, { ...FOUND, hasDriver })
  expect(hasDriver).not.toHaveBeenCalled()
})

const video = defineJob({ name: 'video.*', run: () => {} })
const cut = defineJob({ name: 'video.cut', requires: ['gpu', { version: '>= 2' }], run: () => {} })

test.each<[what: string, changes: Partial<Config>, path: string, message: RegExp]>([
  [
    'a role with the name of no job',
    { roles: { media: ['vidio.cut'] } },
    'roles.media',
    /no job here.*Did you mean 'video.cut'/,
  ],
  [
    'a role with what it has already',
    { roles: { media: ['video.*', 'video.cut'] } },
    'roles.media',
    /part of 'video.\*' already/,
  ],
  [
    'a prefix that a role leaves nothing',
    { roles: { media: ['video.cut'] }, worker: { role: 'media', capabilities: ['gpu'], version: '2' } },
    'worker.role',
    /'video.\*' is left nothing by role 'media': 'video.cut' is more specific/,
  ],
  [
    'a capability that its workers have not',
    { worker: { version: '2' } },
    'worker.capabilities',
    /'video.cut' requires gpu/,
  ],
  [
    'a version that its workers have not',
    { worker: { capabilities: ['gpu'], version: '1' } },
    'worker.version',
    /requires version>=2/,
  ],
])('%s is told', (_, changes, ...[path, message]) => {
  const jobs = [video, cut]
  const able = { capabilities: ['gpu'], version: '2.1' }
  const found = oddities({ ...ORDINARY, specs: jobs, definitions: jobs, worker: able, ...changes }, FOUND)
  expect(found).toEqual([{ path, message: expect.stringMatching(message) }])
})
