import { expect } from 'vitest'
import { startWorker } from '../support/jobs.ts'
import { queueOn } from '../support/queue.ts'
import { hoursLater, hoursOf, Leader, runsOf, setHourly, work } from '../support/schedules.ts'
import type { StoreTest } from './store-test.ts'

/** What the ticks of schedules do. The clock begins at midnight. */
export function schedulePromises(test: StoreTest): void {
  test('a tick enqueues one job, at its time and not before', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const leader = new Leader(queue)
    await setHourly(queue, { input: { page: 7 }, tags: ['book'], context: { user: 'ada' }, priority: 5 })
    await clock.advance(3_599_999)
    await leader.round()
    expect(await queue.count({})).toBe(0)

    await clock.advance(1)
    await leader.round()
    await leader.round()
    const jobs = await queue.list({ tag: 'schedule:hourly' })
    expect(jobs).toMatchObject([
      {
        name: 'test.work',
        input: { page: 7 },
        priority: 5,
        tags: ['schedule:hourly', 'book'],
        context: { user: 'ada', schedule: { name: 'hourly', tickAt: '2026-01-01T01:00:00.000Z' } },
      },
    ])
    expect(await queue.schedules.get('hourly')).toMatchObject({
      lastJob: jobs[0]?.id,
      lastTickAt: new Date('2026-01-01T01:00:00Z'),
      nextAt: new Date('2026-01-01T02:00:00Z'),
    })
  })

  test('two leaders who see to a tick at the same time enqueue it once', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const leaders = [new Leader(queue), new Leader(queueOn(store, clock)), new Leader(queue)]
    await setHourly(queue, { overlap: 'queue' })
    for (let hour = 1; hour <= 5; hour += 1) {
      await hoursLater(clock, 1)
      await Promise.all(leaders.map((leader) => leader.round()))
    }

    expect(await hoursOf(queue)).toEqual([1, 2, 3, 4, 5])
  })

  test('a leader whose answer was lost does not enqueue the tick once more', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    await setHourly(queue, { overlap: 'queue' })
    const [before] = await store.schedules.list('hourly')
    await hoursLater(clock, 1)
    await new Leader(queue).round()
    const [after] = await store.schedules.list('hourly')
    const [job] = await queue.list({ tag: 'schedule:hourly' })

    const step = {
      name: 'hourly',
      expected: { revision: 1, tickAt: before?.tickAt ?? 0 },
      next: after as never,
    }
    expect(await store.schedules.advance(step, [], 10)).toBe(false)
    // Also where the schedule was removed and set again meanwhile: the job of a tick has one id.
    await queue.schedules.remove('hourly')
    await store.schedules.set(before as never)
    await new Leader(queue).round()
    expect((await queue.list({ tag: 'schedule:hourly' })).map(({ id }) => id)).toEqual([job?.id])
  })

  test('after a downtime the last tick is made up for, or none, or all of them up to the limit', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const every = { job: work, every: '1h' } as const
    await queue.schedules.set('last', every)
    await queue.schedules.set('none', { ...every, catchUp: 'none' })
    await queue.schedules.set('all', { ...every, catchUp: 'all' })
    await queue.schedules.set('some', { ...every, catchUp: 'all', catchUpLimit: 2 })
    await clock.advance('270m')
    await new Leader(queue).round()

    const hours = async (name: string) => (await runsOf(queue, name)).map(({ hour }) => hour)
    expect(await hours('last')).toEqual([4])
    expect(await hours('none')).toEqual([])
    expect(await hours('all')).toEqual([1, 2, 3, 4])
    expect(await hours('some')).toEqual([3, 4])
    const next = (await queue.schedules.list()).map(({ nextAt }) => nextAt?.getUTCHours())
    expect(next).toEqual([5, 5, 5, 5])
  })

  test('skip: no tick while the job of an earlier one is unfinished', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const leader = new Leader(queue)
    const overlaps: boolean[] = []
    queue.on('tick', (event) => overlaps.push(event.overlaps))
    await setHourly(queue)
    for (let hour = 1; hour <= 2; hour += 1) {
      await hoursLater(clock, 1)
      await leader.round()
    }
    expect(await hoursOf(queue)).toEqual([1])
    const [job] = await queue.list({ tag: 'schedule:hourly' })
    await queue.cancel(job?.id ?? '')
    await hoursLater(clock, 1)
    await leader.round()

    expect(await hoursOf(queue)).toEqual([1, 3])
    expect(overlaps).toEqual([false, true, false])
  })

  test('queue: each tick is enqueued, whatever runs', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const leader = new Leader(queue)
    await setHourly(queue, { overlap: 'queue' })
    for (let hour = 1; hour <= 3; hour += 1) {
      await hoursLater(clock, 1)
      await leader.round()
    }
    expect((await runsOf(queue)).map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
  })

  test('cancelPrevious: what earlier ticks have not finished is cancelled, running or not', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const leader = new Leader(queue)
    await setHourly(queue, { overlap: 'cancelPrevious' })
    await hoursLater(clock, 1)
    await leader.round()
    await (await startWorker(store, 'second')).claimOne()
    for (let hour = 2; hour <= 3; hour += 1) {
      await hoursLater(clock, 1)
      await leader.round()
    }

    expect(await runsOf(queue)).toEqual([
      { state: 'cancelled', hour: 1 },
      { state: 'cancelled', hour: 2 },
      { state: 'pending', hour: 3 },
    ])
    expect(await queue.list({ state: 'cancelled' })).toMatchObject([
      { reason: "the next tick of schedule 'hourly' has come" },
      { reason: "the next tick of schedule 'hourly' has come" },
    ])
  })

  test('what comes once comes once, and then stays as ended', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const once = { job: work, at: new Date('2026-01-01T01:00:00Z') }
    await queue.schedules.set('hourly', once)
    for (let hour = 1; hour <= 2; hour += 1) {
      await hoursLater(clock, 1)
      await new Leader(queue).round()
      await queue.schedules.set('hourly', once)
    }

    expect(await hoursOf(queue)).toEqual([1])
    const ended = await queue.schedules.get('hourly')
    expect(ended).toMatchObject({ state: 'ended', lastTickAt: once.at })
    expect(ended).not.toHaveProperty('nextAt')
  })

  test('only the clock of the store counts, whatever that of the machine says', async ({ store, clock }) => {
    const wrong = { now: () => 0, elapsed: () => clock.elapsed(), timer: clock.timer.bind(clock) }
    const queue = queueOn(store, wrong)
    await setHourly(queue)
    expect(await queue.schedules.get('hourly')).toMatchObject({ nextAt: new Date('2026-01-01T01:00:00Z') })
    await hoursLater(clock, 1)
    await new Leader(queue).round()

    expect(await hoursOf(queue)).toEqual([1])
  })

  test('a full queue refuses a tick, which is told, and tried again', async ({ store, clock }) => {
    const queue = queueOn(store, clock, { pendingMax: 1, jobs: [work] })
    const leader = new Leader(queue)
    const refused: string[] = []
    queue.on('tick_refused', ({ schedule, error }) => refused.push(`${schedule}: ${error.message}`))
    await setHourly(queue)
    await queue.schedules.set('other', { job: work, every: '1h', queue: 'other' })
    const blocking = await queue.enqueue(work)
    await hoursLater(clock, 1)
    await leader.round()
    expect(refused).toEqual([expect.stringContaining("hourly: Queue 'default' already holds 1 pending")])
    expect(await hoursOf(queue)).toEqual([])
    expect(await queue.schedules.get('hourly')).toMatchObject({
      problem: refused[0]?.slice('hourly: '.length),
      nextAt: new Date('2026-01-01T01:00:10Z'),
    })
    // It keeps no other one.
    expect(await runsOf(queue, 'other')).toMatchObject([{ hour: 1 }])

    await blocking.cancel()
    await clock.advance('10s')
    await leader.round()
    expect(await hoursOf(queue)).toEqual([1])
    expect(await queue.schedules.get('hourly')).not.toHaveProperty('problem')
  })

  test('a leader knows when a schedule is to be seen to, and asks for it with no statement of its own', async ({
    store,
    clock,
  }) => {
    expect(await store.upkeep.elect('a', 1_000)).not.toHaveProperty('nextTickInMs')
    await setHourly(queueOn(store, clock))
    await clock.advance(600_000)
    expect(await store.upkeep.elect('a', 1_000)).toMatchObject({ leads: true, nextTickInMs: 3_000_000 })
    expect(await store.upkeep.elect('b', 1_000)).not.toHaveProperty('nextTickInMs')
  })
}
