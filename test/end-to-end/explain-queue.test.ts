import { expect, test } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import { newJob, startWorker } from '../support/jobs.ts'
import { queueOn } from '../support/queue.ts'

const MAIL = { queue: 'mail', name: 'mail.send' }
const GATED = { ...MAIL, limits: '[["provider=a",1]]' }

function scene() {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const queue = queueOn(store, clock)
  const enqueue = (...jobs: Partial<NewJob>[]) =>
    store.jobs.insert(
      jobs.map((job, index) => newJob(`${clock.now()}-${index}`, { ...MAIL, ...job })),
      PENDING_MAX,
    )
  return { clock, store, queue, enqueue }
}

test('a queue in which nothing waits says so, and one whose name is none is refused', async () => {
  const { queue } = scene()
  expect(await queue.explainQueue('mail')).toEqual({
    ...{ queue: 'mail', ready: 0, limited: 0, alone: 0, delayed: 0, held: 0, running: 0, more: false },
    ...{ names: [], settings: {}, text: "nothing waits in queue 'mail'" },
    reasons: [
      { code: 'queue_empty', text: "nothing waits in queue 'mail'", facts: { queue: 'mail', running: 0 } },
    ],
  })
  await expect(queue.explainQueue('no queue')).rejects.toMatchObject({ code: 'invalid_name' })
})

test('a queue says what keeps its jobs: pause, size, names nobody handles, what is due later', async () => {
  const { store, queue, enqueue, clock } = scene()
  await startWorker(store, 'w', { names: ['mail.send'], queues: ['mail'] })
  await enqueue({}, { name: 'mail.sort' }, { delayMs: 60_000 })
  await queue.configure('mail', { maxSize: 3 })
  await queue.pause('mail', { by: 'ana', reason: 'it moves' })

  const { reasons, ...said } = await queue.explainQueue('mail')
  expect(said).toMatchObject({
    ...{ ready: 2, delayed: 1, nextDueAt: new Date(clock.now() + 60_000), settings: { maxSize: 3 } },
    pause: { by: 'ana', reason: 'it moves' },
    names: [
      { name: 'mail.send', ready: 1, delayed: 1, workers: 1 },
      { name: 'mail.sort', ready: 1, workers: 0 },
    ],
  })
  expect(reasons).toMatchObject([
    { code: 'queue_paused', text: "queue 'mail' is paused by ana: it moves", mend: 'millhand resume mail' },
    { code: 'queue_full', facts: { maxSize: 3, waiting: 3, overflow: 'reject' } },
    { code: 'no_worker', facts: { name: 'mail.sort', waiting: 1 }, mend: expect.stringMatching('mail.sort') },
    { code: 'due_later', facts: { waiting: 1, dueInMs: 60_000 } },
  ])
})

test('a queue names the limits that keep its jobs, and who holds them since when', async () => {
  const { store, queue, enqueue, clock } = scene()
  const worker = await startWorker(store, 'w', { concurrency: 1 })
  await store.limits.declare([{ name: 'provider', concurrency: 1, rateCount: null, ratePerMs: null }])
  await enqueue(GATED, GATED, GATED)
  const [holder] = await worker.claim({ limit: 1 })
  const since = new Date(clock.now()).toISOString()
  await worker.claim({ limit: 1 })

  const { reasons, limited, running } = await queue.explainQueue('mail')
  expect({ limited, running }).toEqual({ limited: 2, running: 1 })
  expect(reasons).toMatchObject([
    {
      code: 'limit_full',
      text: expect.stringMatching(
        `^2 of its jobs wait for limit 'provider' for 'a': 1 of 1 run.*${holder?.id} on worker worker w .* since ${since}`,
      ),
      facts: { limit: 'provider', key: 'a', running: 1, concurrency: 1, holder: holder?.id, waitingHere: 2 },
    },
  ])
})

test('what is ready says whom it waits for: slots, or workers that were told to claim no more', async () => {
  const { store, queue, enqueue } = scene()
  const worker = await startWorker(store, 'w', { concurrency: 1 })
  await enqueue({}, {}, {})
  await worker.claim({ limit: 1 })
  const codes = async () => (await queue.explainQueue('mail')).reasons.map(({ code }) => code)
  expect(await codes()).toEqual(['waiting_for_slot'])
  await queue.orderWorkers('all', 'quiet')
  expect(await codes()).toEqual(['workers_quiet'])
})

test('a queue says of its jobs which of them require what no worker has', async () => {
  const { store, queue, enqueue } = scene()
  await startWorker(store, 'w', { names: ['mail.send'], queues: ['mail'] })
  await enqueue({}, { limits: '[["!gpu",0]]' }, { limits: '[["!gpu",0]]' })
  const { reasons, ready } = await queue.explainQueue('mail')
  expect(ready).toBe(3)
  expect(reasons).toMatchObject([
    {
      code: 'no_capable_worker',
      text: expect.stringMatching("requires, gpu: .* lacks gpu: 2 of 'mail.send' wait$"),
      facts: { name: 'mail.send', requires: 'gpu', waiting: 2 },
    },
    { code: 'not_taken', text: expect.stringMatching('^1 ready'), facts: { waiting: 1 } },
  ])
})
