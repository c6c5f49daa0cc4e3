import { describe, expect, test } from 'vitest'
import type { Settlement } from '../../../src/job/outcome.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { storeError } from '../../../src/store/errors.ts'
import type { ClaimedJob, Report } from '../../../src/store/jobs.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import type { Store } from '../../../src/store/store.ts'
import { Attempt } from '../../../src/worker/attempt.ts'
import { Reporter } from '../../../src/worker/reporter.ts'
import { Settler } from '../../../src/worker/settler.ts'
import { enqueue, newJobs, startWorker } from '../../support/jobs.ts'

/** A store of whose calls one is the test's own. */
function storeWith(jobs: Partial<Store['jobs']>): Store {
  const store = openMemoryStore()
  return { ...store, jobs: { ...store.jobs, ...jobs } }
}

async function attemptOn(clock: VirtualClock): Promise<Attempt> {
  const store = openMemoryStore({ clock })
  await enqueue(store, ...newJobs(1))
  const job: ClaimedJob = await (await startWorker(store, 'w')).claimOne()
  return new Attempt(job, {
    clock,
    worker: 'w',
    timeoutMs: undefined,
    stallTimeoutMs: undefined,
    abortGraceMs: 0,
  })
}

const settlement = (id: string) => ({ id }) as Settlement

const complete = (id: string, output: string | null) =>
  ({ id, verb: 'complete', output, outcome: 'done', errors: null, attempt: 1 }) as Settlement

describe('the settler', () => {
  test('keeps an outcome until the store can be written again', async () => {
    const clock = new VirtualClock()
    let broken = true
    const errors: Error[] = []
    const store = storeWith({
      async settle(settlements) {
        if (broken) throw new Error('away')
        return settlements.map(() => 'settled')
      },
    })
    const settler = new Settler(store, { clock, onError: (error) => errors.push(error) })
    const [first, second] = [settler.add(settlement('a')), settler.add(settlement('b'))]
    await clock.advance('1m')
    expect(errors.length).toBeGreaterThan(10)
    expect(errors.length).toBeLessThan(30)
    broken = false
    await clock.advance('5s')
    expect(await Promise.all([first, second])).toEqual(['settled', 'settled'])
  })

  test('told to give up, it does so with the next failure, and not before', async () => {
    const clock = new VirtualClock()
    const tries: string[] = []
    const store = storeWith({
      async settle(settlements) {
        tries.push(settlements[0]?.id ?? '')
        if (settlements[0]?.id === 'a') throw new Error('away')
        return settlements.map(() => 'settled')
      },
    })
    const settler = new Settler(store, { clock, onError: () => {} })
    const first = settler.add(settlement('a'))
    await clock.settle()
    settler.abandon()
    expect(await first).toBe('refused')
    expect(await settler.add(settlement('b'))).toBe('settled')
    expect(tries).toEqual(['a', 'a', 'b'])
  })

  test('an outcome that can never be written becomes a failure that says so, and keeps nobody else', async () => {
    const clock = new VirtualClock()
    const written: Settlement[] = []
    let calls = 0
    const store = storeWith({
      async settle(settlements) {
        calls += 1
        if (settlements.some(({ output }) => output === 'bad')) throw new RangeError('Invalid string length')
        written.push(...settlements)
        return settlements.map(() => 'settled')
      },
    })
    const errors: Error[] = []
    const settler = new Settler(store, { clock, onError: (error) => errors.push(error) })
    const given = Array.from({ length: 100 }, (_, index) =>
      complete(`job-${index}`, index === 42 ? 'bad' : 'good'),
    )
    const bad = given[42] as Settlement
    expect(new Set(await Promise.all(given.map((each) => settler.add(each))))).toEqual(new Set(['settled']))
    expect(written).toHaveLength(100)
    const instead = written.find(({ id }) => id === bad.id)
    expect(instead).toMatchObject({ verb: 'fail', failureKind: 'invalid_output', output: null })
    expect(JSON.parse(instead?.errors ?? '')).toMatchObject([
      {
        kind: 'invalid_output',
        code: 'outcome_refused',
        message: expect.stringMatching(/Invalid string length/),
      },
    ])
    expect(settler.substituteOf(bad)).toMatchObject({ outcome: { kind: 'failure' } })
    expect(settler.substituteOf(given[0] as Settlement)).toBeUndefined()
    expect(errors.at(-1)).toMatchObject({ code: 'outcome_refused' })
    expect(calls).toBeLessThan(25)
    expect(clock.nextTimerAt).toBeNull()
  })

  test('where not even the failure can be written, it is given up, and the others go on', async () => {
    const clock = new VirtualClock()
    const store = storeWith({
      async settle(settlements) {
        if (settlements.some(({ id }) => id === 'cursed'))
          throw storeError('store_refused', { location: '', problem: 'no' })
        return settlements.map(() => 'settled')
      },
    })
    const errors: Error[] = []
    const settler = new Settler(store, { clock, onError: (error) => errors.push(error) })
    const results = ['a', 'cursed', 'b'].map((id) => settler.add(complete(id, null)))
    expect(await Promise.all(results)).toEqual(['settled', 'refused', 'settled'])
    expect(errors.at(-1)).toMatchObject({ code: 'outcome_refused' })
  })

  test('an error that says nothing of what was written is waited for, but not for ever', async () => {
    const clock = new VirtualClock()
    const store = storeWith({
      async settle(settlements) {
        if (settlements.some(({ output }) => output === 'bad')) throw new Error('internal error')
        return settlements.map(() => 'settled')
      },
    })
    const settler = new Settler(store, { clock, onError: () => {} })
    let settled = 0
    const results = ['bad', 'good'].map((output) =>
      settler.add(complete(output, output)).finally(() => (settled += 1)),
    )
    await clock.advance('50s')
    expect(settled).toBe(0)
    await clock.advance('20s')
    expect(await Promise.all(results)).toEqual(['settled', 'settled'])
  })

  test('a store that is away is no reason to give up an outcome, however long it is', async () => {
    const clock = new VirtualClock()
    let away = true
    const store = storeWith({
      async settle(settlements) {
        if (away) throw storeError('store_busy', { location: '', waitedMs: 30_000 })
        return settlements.map(() => 'settled')
      },
    })
    const settler = new Settler(store, { clock, onError: () => {} })
    const result = settler.add(complete('a', 'output'))
    await clock.advance('1h')
    away = false
    await clock.advance('5s')
    expect(await result).toBe('settled')
    expect(settler.substituteOf(complete('a', 'output'))).toBeUndefined()
  })

  test('what waits to be written is counted, and a group is no larger than a statement may be', async () => {
    const clock = new VirtualClock()
    const sizes: number[] = []
    const store = storeWith({
      async settle(settlements) {
        sizes.push(settlements.reduce((sum, { output }) => sum + (output?.length ?? 0), 0))
        return settlements.map(() => 'settled')
      },
    })
    const settler = new Settler(store, { clock, onError: () => {} })
    const output = 'x'.repeat(1_000_000)
    const results = Array.from({ length: 20 }, (_, index) => settler.add(complete(`${index}`, output)))
    expect(settler.waitingBytes).toBe(20_000_000)
    await Promise.all(results)
    expect(sizes).toEqual([8_000_000, 8_000_000, 4_000_000])
    expect(settler.waitingBytes).toBe(0)
  })

  test('a closed store is not tried again', async () => {
    const clock = new VirtualClock()
    const store = storeWith({
      async settle() {
        throw storeError('store_closed', { location: 'memory:' })
      },
    })
    const settler = new Settler(store, { clock, onError: () => {} })
    expect(await settler.add(settlement('a'))).toBe('refused')
    expect(clock.nextTimerAt).toBeNull()
  })
})

describe('the reporter', () => {
  test('writes at most every interval, and then only the newest progress', async () => {
    const clock = new VirtualClock()
    const written: (readonly Report[])[] = []
    const store = storeWith({
      async report(reports) {
        written.push(reports)
        return reports.map(() => 'settled')
      },
    })
    const reporter = new Reporter(store, { clock, intervalMs: 100, onError: () => {} })
    const attempt = await attemptOn(clock)
    for (let step = 1; step <= 50; step += 1) {
      attempt.setProgress({ fraction: step / 50 })
      attempt.log('info', `step ${step}`, null)
      reporter.mark(attempt)
      await clock.advance(10)
    }
    await clock.advance(100)
    expect(written.length).toBeLessThanOrEqual(7)
    expect(written.flat().flatMap(({ logs }) => logs ?? [])).toHaveLength(50)
    expect(written.at(-1)?.[0]?.progress).toEqual({ fraction: 1 })
    expect(reporter.has(attempt)).toBe(false)
  })

  test('an attempt is finished when what it told is written, also what is still under way', async () => {
    const clock = new VirtualClock()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const written: string[] = []
    const store = storeWith({
      async report(reports) {
        await released
        written.push(...reports.map(({ progress }) => progress?.message ?? ''))
        return reports.map(() => 'settled')
      },
    })
    const reporter = new Reporter(store, { clock, intervalMs: 0, onError: () => {} })
    const attempt = await attemptOn(clock)
    const tell = (message: string) => {
      attempt.setProgress({ message })
      reporter.mark(attempt)
    }
    tell('under way')
    await clock.advance(1)
    tell('last')
    expect(reporter.has(attempt)).toBe(true)
    let finished = false
    const finish = reporter.finish(attempt).then(() => {
      finished = true
    })
    await clock.settle()
    expect([finished, written]).toEqual([false, []])
    release()
    await finish
    expect(written).toEqual(['under way', 'last'])
  })

  test('with nothing new to tell, it waits for what is under way all the same', async () => {
    const clock = new VirtualClock()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const order: string[] = []
    const store = storeWith({
      async report(reports) {
        await released
        order.push('written')
        return reports.map(() => 'settled')
      },
    })
    const reporter = new Reporter(store, { clock, intervalMs: 0, onError: () => {} })
    const attempt = await attemptOn(clock)
    attempt.setProgress({ fraction: 1 })
    reporter.mark(attempt)
    await clock.advance(1)
    expect(reporter.has(attempt)).toBe(true)
    const finish = reporter.finish(attempt).then(() => order.push('finished'))
    await clock.settle()
    release()
    await finish
    expect(order).toEqual(['written', 'finished'])
  })

  test('a report that the store refuses takes no checkpoint of another job with it', async () => {
    const clock = new VirtualClock()
    const store = storeWith({
      async report(reports) {
        if (reports.some(({ checkpoint }) => checkpoint === 'bad'))
          throw new RangeError('Invalid string length')
        return reports.map(() => 'settled')
      },
    })
    const reporter = new Reporter(store, { clock, intervalMs: 0, onError: () => {} })
    const [one, two] = [await attemptOn(clock), await attemptOn(clock)]
    const results = await Promise.allSettled([reporter.write(one, 'bad'), reporter.write(two, 'good')])
    expect(results).toMatchObject([
      { status: 'rejected', reason: { code: 'store_refused' } },
      { status: 'fulfilled', value: 'settled' },
    ])
  })

  test('progress that cannot be written is told and forgotten; a checkpoint fails its caller', async () => {
    const clock = new VirtualClock()
    const errors: unknown[] = []
    const store = storeWith({
      async report() {
        throw new Error('away')
      },
    })
    const reporter = new Reporter(store, { clock, intervalMs: 0, onError: (error) => errors.push(error) })
    const attempt = await attemptOn(clock)
    attempt.setProgress({ fraction: 1 })
    reporter.mark(attempt)
    await reporter.finish(attempt)
    expect(errors).toHaveLength(1)
    await expect(reporter.write(attempt, '{}')).rejects.toThrow('away')
    reporter.close()
    await clock.advance(1)
    expect(clock.nextTimerAt).toBeNull()
  })
})
