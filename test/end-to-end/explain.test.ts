import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { FAILURE_KINDS, type FailureKind } from '../../src/job/failure.ts'
import type { JobRecord } from '../../src/job/job.ts'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import type { WorkerRecord } from '../../src/store/workers.ts'
import { queueOn } from '../support/queue.ts'

const clock = new VirtualClock()
const NOW_MS = clock.now()

/** A job that is due, and that nothing is wrong with. */
function record(given: Partial<JobRecord>): JobRecord {
  return {
    ...{ seq: 1, id: 'j', name: 'test.job', queue: 'default', state: 'pending', priority: 0, dueAt: NOW_MS },
    ...{
      key: null,
      tags: null,
      context: null,
      input: '1',
      retries: 3,
      timeoutMs: null,
      limits: null,
      gate: null,
      rerunOf: null,
      attempt: 0,
      epoch: 0,
    },
    ...{ crashes: 0, care: 0, worker: null, progress: null, checkpoint: null, output: null, outcome: null },
    ...{
      reason: null,
      failureKind: null,
      errors: null,
      createdAt: NOW_MS,
      startedAt: null,
      finishedAt: null,
    },
    expiresAt: null,
    deadlineAt: null,
    ...given,
  }
}

function worker(given: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    ...{
      id: 'w',
      name: 'mill',
      host: 'host',
      pid: 7,
      version: '0',
      names: null,
      queues: null,
      order: 'run',
      concurrency: 2,
    },
    ...{
      leaseMs: 10_000,
      startedAt: NOW_MS,
      beatAt: NOW_MS,
      leaseUntil: NOW_MS + 10_000,
      running: 0,
      held: 0,
    },
    ...given,
  }
}

/** What is said of a job, with these workers around it. */
function explain(job: Partial<JobRecord>, workers: WorkerRecord[] = []) {
  const store = openMemoryStore({ clock })
  const around = {
    ...store,
    catalog: { ...store.catalog, get: async () => [record(job)] },
    workers: { ...store.workers, list: async () => workers },
  }
  return queueOn(around, clock).explain('j')
}

const codes = async (job: Partial<JobRecord>, workers?: WorkerRecord[]) =>
  (await explain(job, workers)).reasons.map(({ code }) => code)

const silent = { leaseUntil: NOW_MS - 1 }

test('every cause for which a job waits has its code', async () => {
  expect(await codes({ dueAt: NOW_MS + 1 }, [worker()])).toEqual(['due_later'])
  expect(await codes({ expiresAt: NOW_MS - 1 }, [worker()])).toEqual(['expired'])
  expect(await codes({}, [worker({ running: 2 })])).toEqual(['waiting_for_slot'])
  expect(await codes({}, [worker({ running: 1 })])).toEqual(['not_taken'])
  expect(await codes({ care: 1, crashes: 1 }, [worker()])).toEqual(['not_taken', 'crashed_before'])
  expect(await codes({ care: 2, crashes: 2 }, [worker()])).toEqual(['runs_alone'])
  expect(await codes({ worker: 'w' }, [worker()])).toEqual(['held'])
  expect(await codes({ worker: 'w' }, [worker(silent), worker({ id: 'v' })])).toEqual([
    'held',
    'worker_silent',
  ])
})

test('where slots look taken it is said that jobs which wait for their children are counted, and take none', async () => {
  const { reasons } = await explain({}, [worker({ running: 3 })])
  expect(reasons).toMatchObject([
    { code: 'waiting_for_slot', facts: { slots: 2, busy: 3 }, mend: expect.stringMatching(/take no slot$/) },
  ])
})

test('a held job names who holds it', async () => {
  const { state, reasons } = await explain({ worker: 'w' }, [worker()])
  expect(state).toBe('pending')
  expect(reasons).toMatchObject([
    {
      facts: { worker: 'w' },
      text: expect.stringMatching(/^claimed ahead by worker mill \(host, process 7\)/),
    },
  ])
})

test('a job that waits for a limit that nobody has declared says so, and one whose limit is open', async () => {
  const [reason] = (await explain({ limits: '[["api=7",1]]', gate: 'api=7' }, [worker()])).reasons
  expect(reason).toMatchObject({
    code: 'limit_unknown',
    text: "waits for limit 'api' for '7', of which nobody has said what it lets pass",
    facts: { limit: 'api', key: '7' },
  })
  const store = openMemoryStore({ clock })
  await store.limits.declare([{ name: 'api', concurrency: 2, rateCount: null, ratePerMs: null }])
  const around = { ...store, catalog: { ...store.catalog, get: async () => [record({ gate: 'api' })] } }
  expect((await queueOn(around, clock).explain('j')).reasons).toMatchObject([{ code: 'limit_open' }, {}])
})

test('a job that waited for a rate whose window has room by now is not said to wait for it', async () => {
  const store = openMemoryStore({ clock })
  await store.limits.declare([{ name: 'api', concurrency: null, rateCount: 1, ratePerMs: 60_000 }])
  const waiting = record({ gate: 'api', limits: '[["api",1]]' })
  const around = { ...store, catalog: { ...store.catalog, get: async () => [waiting] } }
  expect((await queueOn(around, clock).explain('j')).reasons).toMatchObject([{ code: 'limit_open' }, {}])
})

test('that nobody has what a job requires names those who lack least, and what they lack', async () => {
  const limits = '[["!gpu region:eu version>=2",0]]'
  const able = (id: string, capabilities: string[], version: string | null) =>
    worker({ id, name: `mill-${id}`, ability: { capabilities, version } })
  const [reason] = (
    await explain({ limits }, [
      worker({ name: 'plain' }),
      able('b', ['gpu', 'region:eu'], '1.9'),
      able('c', ['gpu'], null),
    ])
  ).reasons
  expect(reason).toMatchObject({
    code: 'no_capable_worker',
    text:
      'no live worker has what it requires, gpu, region:eu, version>=2: mill-b (b) lacks version>=2 (it is 1.9); ' +
      'mill-c (c) lacks region:eu, version>=2 (it says none); plain (w) lacks gpu, region:eu, version>=2 (it says none)',
    facts: { requires: 'gpu region:eu version>=2', workers: 3, nearest: 'b', missing: 'version>=2' },
    mend: expect.stringMatching(/^start one that is of that version \(worker\.version of/),
  })
  const mendFor = async (...workers: WorkerRecord[]) => (await explain({ limits }, workers)).reasons[0]?.mend
  expect(await mendFor(able('e', [], '3'))).toMatch(
    /^start one that has it \(millhand work --capabilities\),/,
  )
  expect(await mendFor(worker())).toMatch(/--capabilities\) and is of that version/)
  expect(await codes({ limits }, [able('d', ['gpu', 'region:eu'], '3')])).toEqual(['not_taken'])
  expect(await codes({ limits }, [worker({ names: ['test.other'] })])).toEqual(['no_worker'])
  expect(await codes({}, [worker({ names: ['test.*'] })])).toEqual(['not_taken'])
  expect(await codes({ gate: '!gpu', limits: '[["!gpu",0]]' }, [])).toEqual(['no_worker'])
})

test('that nobody handles a job says what the workers that are there lack', async () => {
  const mends: [WorkerRecord[], RegExp][] = [
    [[], /none is live at all/],
    [[worker(silent)], /1 that did have not been heard of/],
    [[worker({ names: ['test.job'], queues: ['mail'] })], /1 handle it in other queues/],
    [
      [worker({ names: ['test.other'] })],
      /1 serve the queue: give one of them a handler of 'test.job', or one that has it a role/,
    ],
    [[worker({ names: ['test.other'], queues: ['mail'] })], /start one that has a handler/],
  ]
  for (const [workers, mend] of mends) {
    const { reasons } = await explain({}, workers)
    expect(reasons).toMatchObject([{ code: 'no_worker', mend: expect.stringMatching(mend) }])
  }
})

test('a running job on a worker that has gone silent says who rescues it', async () => {
  const running = { state: 'running', worker: 'w', attempt: 1, startedAt: NOW_MS } as const
  expect(await codes(running, [worker()])).toEqual(['running'])
  const [, rescued] = (await explain(running, [worker(silent), worker({ id: 'v' })])).reasons
  expect(rescued).toMatchObject({
    code: 'worker_silent',
    text: expect.stringMatching(/as soon as it is rescued/),
  })
  expect(rescued?.mend).toBeUndefined()
  expect((await explain(running)).reasons[1]?.mend).toMatch(/none is live: start one/)
})

test('a cancelled job whose handler goes on says where', async () => {
  const cancelled = { state: 'cancelled', reason: 'no more', startedAt: NOW_MS, finishedAt: NOW_MS } as const
  expect(await codes(cancelled)).toEqual(['settled'])
  expect((await explain({ ...cancelled, worker: 'w' }, [worker()])).reasons).toMatchObject([
    { code: 'settled', text: 'cancelled: no more' },
    { code: 'handler_goes_on', facts: { worker: 'w' }, mend: expect.stringMatching(/ctx.signal/) },
  ])
})

test('every way to fail says how to mend it', async () => {
  const mendOf = async (kind: FailureKind) => {
    const errors = JSON.stringify([{ kind, message: 'no', attempt: 1, at: NOW_MS }])
    const { reasons } = await explain({
      state: 'failed',
      failureKind: kind,
      errors,
      attempt: 1,
      finishedAt: NOW_MS,
    })
    expect(reasons).toMatchObject([
      { code: 'settled', facts: { kind }, text: `failed as '${kind}' after 1 attempt(s): no` },
    ])
    return reasons[0]?.mend ?? ''
  }
  const mends = await Promise.all(FAILURE_KINDS.map(mendOf))
  expect(new Set(mends).size).toBe(FAILURE_KINDS.length)
  for (const mend of mends) expect(mend).toMatch(/, then: millhand retry j$/)
})

/** What nothing makes yet, and no document speaks of. */
const UNMADE = 'waits_for_dependencies'

test('every code has its row in docs/states.md, and every row its code', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const [, codesOfType = ''] =
    /readonly code:\n([\s\S]*?)readonly text/.exec(read('src/queue/reason.ts')) ?? []
  const [, table = ''] = /\n## Why is it there([\s\S]*)/.exec(read('docs/states.md')) ?? []
  const words = (text: string, each: RegExp) => [...text.matchAll(each)].map(([, word]) => word).toSorted()
  expect(words(table, /^\| `(\w+)`/gm)).toEqual(
    words(codesOfType, /'(\w+)'/g).filter((code) => code !== UNMADE),
  )
})
