import { expect, test } from 'vitest'
import { type Picture, progressBar, viewLines } from '../../../src/cli/dev/view.ts'
import { noteOf } from '../../../src/cli/job-table.ts'
import type { Job, PendingJob } from '../../../src/job/job.ts'
import { KeptStream, terminalOf } from './stream.ts'

const NOW_MS = Date.UTC(2026, 4, 1)
const ago = (ms: number) => new Date(NOW_MS - ms)

const pending: PendingJob = {
  id: 'j1',
  name: 'mail.send',
  queue: 'default',
  state: 'pending',
  priority: 0,
  input: null,
  tags: [],
  context: {},
  retries: 3,
  attempt: 1,
  epoch: 1,
  crashes: 0,
  createdAt: ago(10_000),
  dueAt: ago(0),
  errors: [],
}

const failure = { kind: 'error', message: 'no route', attempt: 1, at: ago(3_000) } as const
const running: Job = {
  ...pending,
  state: 'running',
  worker: 'w',
  startedAt: ago(2_000),
  progress: { fraction: 0.42, message: 'reading' },
}
const failed: Job = {
  ...pending,
  id: 'j2',
  state: 'failed',
  failure,
  errors: [failure],
  finishedAt: ago(3_000),
}

const NONE = {
  pending: 0,
  running: 1,
  complete: 7,
  failed: 1,
  cancelled: 0,
  scheduled: 0,
  oldestWaitMs: null,
}

const PICTURE: Picture = {
  store: 'sqlite:jobs.db',
  nowMs: NOW_MS,
  stats: { ...NONE, queues: [{ ...NONE, queue: 'default', paused: true }], workers: 1, slots: 10, busy: 1 },
  running: [running],
  failed: [failed],
  processes: [
    { number: 1, status: 'ready', pid: 71 },
    { number: 2, status: 'crashed', pid: undefined },
  ],
  error: [],
  log: ['[1] handler says\u0007 hello'],
}

test('the live view shows workers, counts, what runs, what failed and what the workers say', () => {
  const terminal = terminalOf(new KeptStream({ columns: 100, rows: 40 }))
  expect(viewLines(PICTURE, terminal)).toEqual([
    'millhand dev  sqlite:jobs.db  1:ready (71) 2:crashed',
    '',
    'pending 0  running 1  complete 7  failed 1  cancelled 0',
    '1 worker(s), 1 of 10 slots busy, 0 scheduled',
    '',
    'QUEUE    PENDING  SCHEDULED  RUNNING  COMPLETE  FAILED  CANCELLED  OLDEST WAIT',
    'default        0          0        1         7       1          0               paused',
    '',
    'running',
    'ID  NAME       TRY   FOR              PROGRESS',
    'j1  mail.send    1  2.0s  ████░░░░░░  42% reading',
    '',
    'newest failures',
    'ID  NAME        AGO  ERROR',
    'j2  mail.send  3.0s  error: no route',
    '',
    'log',
    '[1] handler says  hello',
  ])
})

test('what there is none of takes no room', () => {
  const lines = viewLines({ ...PICTURE, running: [], failed: [], log: [] }, terminalOf(new KeptStream()))
  expect(lines.at(-1)).toContain('paused')
})

test('a bar is as full as its fraction', () => {
  expect([0, 0.5, 1, 7, -1, undefined].map(progressBar)).toEqual([
    '░░░░░░░░░░',
    '█████░░░░░',
    '██████████',
    '██████████',
    '░░░░░░░░░░',
    '          ',
  ])
})

test.each<[what: string, job: Job, note: string]>([
  [
    'a job that is due later',
    { ...pending, dueAt: ago(-60_000), errors: [failure] },
    'due in 1m; last error: no route',
  ],
  ['a running one', running, '42% reading'],
  [
    'a complete one',
    { ...pending, state: 'complete', outcome: 'done', output: 1, startedAt: ago(900), finishedAt: ago(400) },
    'took 500ms',
  ],
  [
    'a skipped one',
    {
      ...pending,
      state: 'complete',
      outcome: 'skipped',
      reason: 'seen',
      output: null,
      startedAt: ago(9),
      finishedAt: ago(4),
    },
    'skipped: seen',
  ],
  ['a failed one', failed, 'error: no route'],
  ['a cancelled one', { ...pending, state: 'cancelled', reason: 'enough', finishedAt: ago(1) }, 'enough'],
])('the note of %s says the most that fits', (_, job, note) => {
  expect(noteOf(job, NOW_MS)).toBe(note)
})

test('the newest error is shown whole, in as many rows as it takes', () => {
  const terminal = terminalOf(new KeptStream({ columns: 40, rows: 24 }))
  const error = [`fail ${'x'.repeat(70)}`, '    at work']
  const lines = viewLines({ ...PICTURE, running: [], failed: [], log: [], error }, terminal)
  expect(lines.slice(-4)).toEqual([
    'newest error',
    error[0]?.slice(0, 40),
    error[0]?.slice(40),
    '    at work',
  ])
})
