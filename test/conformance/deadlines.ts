import { expect } from 'vitest'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  loseWorkers,
  newJob,
  RELEASE,
  RETRY_DELAY_MS,
  snooze,
} from '../support/jobs.ts'
import { ledgerOf } from '../support/ledger.ts'
import { atMost, gate, limited } from './limits.ts'
import type { StoreTest } from './store-test.ts'

/** Longer than a lease. */
const DEADLINE_MS = 15_000

/** A time for all attempts of a job together. */
export function deadlinePromises(test: StoreTest): void {
  const dated = (id: string, given: Parameters<typeof newJob>[1] = {}) =>
    newJob(id, { deadlineMs: DEADLINE_MS, ...given })

  test('a job that nobody has begun by its deadline fails as expired', async ({ store, worker, clock }) => {
    const deadlineAt = clock.now() + DEADLINE_MS
    await enqueue(store, dated('a', { delayMs: 60_000 }), dated('b', { expiresInMs: 1_000 }), dated('c'))
    expect(await find(store, 'a')).toMatchObject({ expiresAt: deadlineAt, deadlineAt })
    expect(await find(store, 'b')).toMatchObject({ expiresAt: clock.now() + 1_000, deadlineAt })
    await clock.advance(DEADLINE_MS - 1)
    expect(await store.upkeep.expire(10)).toEqual(['b'])
    await clock.advance(1)

    expect(await worker.claim()).toEqual([])
    expect((await store.upkeep.expire(10)).sort()).toEqual(['a', 'c'])
    const { errors, ...rest } = await find(store, 'a')
    expect(rest).toMatchObject({ state: 'failed', failureKind: 'expired', deadlineAt })
    expect(JSON.parse(errors ?? '')).toMatchObject([
      { kind: 'expired', message: `not started before its deadline, ${new Date(deadlineAt).toISOString()}` },
    ])
  })

  test('its worker is told of it, and it does not expire while it runs', async ({ store, worker, clock }) => {
    const deadlineAt = clock.now() + DEADLINE_MS
    await enqueue(store, dated('a', { expiresInMs: 1_000 }))
    await clock.advance(500)
    const job = await worker.claimOne()
    expect(job).toMatchObject({ deadlineAt, expiresAt: null })
    await clock.advance(DEADLINE_MS)

    expect(await store.upkeep.expire(10)).toEqual([])
    expect(await worker.settle(job, COMPLETE)).toBe('settled')
    expect(await find(store, 'a')).toMatchObject({ state: 'complete', deadlineAt, expiresAt: null })
  })

  test('one that waits for another attempt fails at its deadline as timeout, however it came back', async ({
    store,
    worker,
    clock,
  }) => {
    const deadlineAt = clock.now() + DEADLINE_MS
    await enqueue(store, dated('retried'), dated('snoozed'), dated('released'), dated('quick'))
    const [retried, snoozed, released] = await worker.claim({ limit: 3 })
    const [quick] = await worker.hold()
    if (!retried || !snoozed || !released || !quick) throw new Error('four jobs were expected')
    await worker.settle(retried, failure('broken'))
    await worker.settle(snoozed, snooze(5_000))
    await worker.settle(released, RELEASE)
    await worker.settle(quick, failure('broken'), 0)

    const names = ['retried', 'snoozed', 'released', 'quick']
    for (const name of names)
      expect(await find(store, name)).toMatchObject({ state: 'pending', expiresAt: deadlineAt, deadlineAt })
    await clock.advance(DEADLINE_MS)
    expect((await store.upkeep.expire(10)).sort()).toEqual(names.toSorted())
    for (const name of names)
      expect(await find(store, name)).toMatchObject({ state: 'failed', failureKind: 'timeout' })
    const { errors } = await find(store, 'retried')
    expect(JSON.parse(errors ?? '')).toMatchObject([{ kind: 'error' }, { kind: 'timeout' }])
  })

  test('a lost worker does not move it', async ({ store, worker, clock }) => {
    const deadlineAt = clock.now() + DEADLINE_MS
    await enqueue(store, dated('a'), dated('held'))
    await worker.claimOne()
    await worker.hold()
    expect((await loseWorkers(store, clock)).rescued.toSorted()).toEqual(['a', 'held'])

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', expiresAt: deadlineAt, deadlineAt })
    expect(await find(store, 'held')).toMatchObject({ state: 'pending', expiresAt: deadlineAt, deadlineAt })
    await clock.advance(DEADLINE_MS)
    expect((await store.upkeep.expire(10)).sort()).toEqual(['a', 'held'])
    expect(await find(store, 'a')).toMatchObject({ failureKind: 'timeout' })
    expect(await find(store, 'held')).toMatchObject({ failureKind: 'expired' })
  })

  test('no retry is written that would be due at the deadline or later', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('early', { deadlineMs: RETRY_DELAY_MS + 1 }))
    await enqueue(store, newJob('late', { deadlineMs: RETRY_DELAY_MS }))
    const jobs = await worker.claim()
    for (const job of jobs) await worker.settle(job, failure('broken'))

    expect(await find(store, 'early')).toMatchObject({
      state: 'pending',
      dueAt: clock.now() + RETRY_DELAY_MS,
    })
    expect(await find(store, 'late')).toMatchObject({ state: 'failed', failureKind: 'error', attempt: 1 })
  })

  test('what waits at a gate fails at its deadline, and waits there no longer', async ({
    store,
    worker,
    clock,
  }) => {
    await store.limits.declare([atMost(1)])
    const first = limited('a', ['api'])
    await enqueue(store, first, limited('b', ['api'], { deadlineMs: 1_000 }), limited('c', ['api']))
    const job = await worker.claimOne()
    await worker.claim()
    expect(await find(store, 'b')).toMatchObject({ gate: 'api' })
    await clock.advance(1_000)

    expect(await store.upkeep.expire(10)).toEqual(['b'])
    expect(await find(store, 'b')).toMatchObject({ state: 'failed', failureKind: 'expired', gate: null })
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 1 })
    await worker.settle(job, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('what is timed out at its deadline leaves its gates, and is not tried again', async ({
    store,
    worker,
    clock,
  }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api'], { deadlineMs: 1_000 }), limited('b', ['api']))
    const job = await worker.claimOne()
    expect(job).toMatchObject({ deadlineAt: clock.now() + 1_000 })
    expect(await worker.claim()).toEqual([])
    await clock.advance(1_000)
    await worker.settle(job, failure('too late', 'timeout'))

    expect(await find(store, 'a')).toMatchObject({ state: 'failed', failureKind: 'timeout', attempt: 1 })
    expect(idsOf(await worker.claim())).toEqual(['b'])
    expect(await gate(store, 'api')).toMatchObject({ running: 1 })
  })

  test('what fails at its deadline while it waits is counted as failed', async ({ store, worker, clock }) => {
    await enqueue(
      store,
      dated('a', { deadlineMs: 5_000 }),
      dated('b', { deadlineMs: 5_000, delayMs: 60_000 }),
    )
    await worker.run(RELEASE)
    await clock.advance(5_000)
    expect((await store.upkeep.expire(10)).sort()).toEqual(['a', 'b'])
    expect(await ledgerOf(store)).toMatchObject([{ completed: 0, failed: 2, cancelled: 0 }])
  })

  test('an operator who runs it again runs it without', async ({ store, worker, clock }) => {
    await enqueue(store, dated('a', { deadlineMs: 1_000 }), newJob('b'))
    await clock.advance(1_000)
    await store.upkeep.expire(10)
    expect(await store.catalog.retry(['a'])).toEqual(['a'])

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', expiresAt: null, deadlineAt: null })
    expect(idsOf(await worker.claim()).sort()).toEqual(['a', 'b'])
  })

  test('a job that is replaced has the deadline of the one that replaced it', async ({ store, clock }) => {
    const keyRule = { keptMs: 0, onConflict: 'replace' } as const
    await enqueue(store, dated('a', { key: 'k' }), dated('b', { key: 'l' }))
    await clock.advance(1_000)
    await enqueue(store, dated('a2', { key: 'k', keyRule }), newJob('b2', { key: 'l', keyRule }))

    const deadlineAt = clock.now() + DEADLINE_MS
    expect(await find(store, 'a')).toMatchObject({ expiresAt: deadlineAt, deadlineAt })
    expect(await find(store, 'b')).toMatchObject({ expiresAt: null, deadlineAt: null })
  })
}
