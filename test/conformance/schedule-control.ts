import { expect } from 'vitest'
import { Worker } from '../../src/index.ts'
import type { ScheduleOptions } from '../../src/job/schedule-options.ts'
import { queueOn } from '../support/queue.ts'
import { hoursLater, hoursOf, Leader, runsOf, setHourly, work } from '../support/schedules.ts'
import type { StoreTest } from './store-test.ts'

/** For a worker that lives for hours: with the default ones, it beats and looks thousands of times. */
const CALM = { lease: '20m', beat: '10m', pollInterval: '10m' } as const

/** How schedules are set, stopped and shown. The clock begins at midnight. */
export function scheduleControlPromises(test: StoreTest): void {
  test('a paused schedule has no tick, and goes on from where it is resumed', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const leader = new Leader(queue)
    await setHourly(queue)
    const pausedAt = new Date(clock.now())
    expect(await queue.schedules.pause('hourly')).toMatchObject({ state: 'paused', pausedAt })
    expect(await queue.schedules.next('hourly')).toEqual([])
    await clock.advance('150m')
    await leader.round()
    expect(await hoursOf(queue)).toEqual([])

    await queue.schedules.pause('hourly')
    expect(await queue.schedules.resume('hourly')).toMatchObject({
      state: 'active',
      nextAt: new Date('2026-01-01T03:00:00Z'),
    })
    await leader.round()
    expect(await hoursOf(queue)).toEqual([])
    await hoursLater(clock, 1)
    await leader.round()
    expect(await hoursOf(queue)).toEqual([3])
  })

  test('run enqueues a job now, also while it is paused, and the ticks stay', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    await setHourly(queue)
    await queue.schedules.pause('hourly')
    const job = await queue.schedules.run('hourly')

    expect(await job.get()).toMatchObject({ state: 'pending', tags: ['schedule:hourly'] })
    expect(await queue.schedules.get('hourly')).toMatchObject({ state: 'paused', lastJob: job.id })
    await queue.schedules.resume('hourly')
    await hoursLater(clock, 1)
    await new Leader(queue).round()
    // The job that was asked for is unfinished.
    expect(await hoursOf(queue)).toEqual([0])
    expect(await queue.schedules.next('hourly', 2)).toEqual([
      new Date('2026-01-01T02:00:00Z'),
      new Date('2026-01-01T03:00:00Z'),
    ])
  })

  test('set again with other times, the next tick is another; with the same, it stays', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    await setHourly(queue)
    await clock.advance('90m')
    await setHourly(queue, { input: { page: 2 } })
    expect(await queue.schedules.get('hourly')).toMatchObject({
      input: { page: 2 },
      nextAt: new Date('2026-01-01T01:00:00Z'),
    })
    await setHourly(queue, { every: undefined, cron: '15 * * * *' } as Partial<ScheduleOptions>)
    expect(await queue.schedules.get('hourly')).toMatchObject({
      cron: '15 * * * *',
      timeZone: 'UTC',
      nextAt: new Date('2026-01-01T02:15:00Z'),
    })
    await queue.schedules.pause('hourly')
    await setHourly(queue)
    expect(await queue.schedules.get('hourly')).toMatchObject({ state: 'paused' })
  })

  test('what cannot be run is refused when it is set', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const set = (given: Partial<ScheduleOptions>) => setHourly(queue, given)
    await expect(set({ job: 'test.unknown' })).rejects.toMatchObject({ code: 'unknown_job' })
    await expect(set({ input: { page: 'one' } })).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/^Schedule '.*'\. The input of job /),
    })
    await expect(set({ every: undefined, cron: '61 * * * *' } as never)).rejects.toMatchObject({
      code: 'invalid_option',
      facts: { component: "schedule 'hourly'", option: 'cron' },
    })
    await expect(queue.schedules.set('no name', { job: work, every: '1h' })).rejects.toMatchObject({
      code: 'invalid_name',
    })
    await expect(queue.schedules.pause('nightly')).rejects.toMatchObject({ code: 'schedule_not_found' })
    expect(await queue.schedules.list()).toEqual([])
  })

  test('a worker that runs sees to the schedules that it declares, and to those of others', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const worker = new Worker(queue, {
      ...CALM,
      jobs: [work],
      schedules: { hourly: { job: 'test.work', cron: '0 * * * *' } },
    })
    await worker.start()
    await clock.settle()
    await queue.schedules.set('live', { job: work, every: '1h' })
    await hoursLater(clock, 2)
    await clock.settle()

    expect(await runsOf(queue)).toEqual([
      { state: 'complete', hour: 1 },
      { state: 'complete', hour: 2 },
    ])
    expect(await runsOf(queue, 'live')).toHaveLength(2)
    expect((await queue.schedules.list()).map(({ name, origin }) => ({ name, origin }))).toEqual([
      { name: 'hourly', origin: 'declared' },
      { name: 'live', origin: 'live' },
    ])
    await worker.stop()
  })

  test('a declaration that was removed is shown as that until it is removed, and its ticks go on', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const declaring = new Worker(queue, { jobs: [work], schedules: { hourly: { job: work, every: '1h' } } })
    await declaring.start()
    await declaring.stop()
    const without = new Worker(queue, { ...CALM, jobs: [work] })
    await without.start()
    expect(await queue.schedules.list()).toMatchObject([{ name: 'hourly', origin: 'undeclared' }])
    await hoursLater(clock, 1)
    await clock.settle()
    expect(await hoursOf(queue)).toEqual([1])

    expect(await queue.schedules.remove('hourly')).toBe(true)
    expect(await queue.schedules.remove('hourly')).toBe(false)
    expect(await queue.schedules.list()).toEqual([])
    expect(await hoursOf(queue)).toEqual([1])
    await without.stop()
  })

  test('a worker that runs until nothing is due sees to the ticks that have come', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const options = { jobs: [work], schedules: { hourly: { job: work, every: '1h' } } } as const
    await new Worker(queue, options).runUntilIdle()
    await hoursLater(clock, 3)

    expect(await new Worker(queue, options).runUntilIdle()).toBe(1)
    expect(await hoursOf(queue)).toEqual([3])
  })

  test('schedules are there for whoever opens the store next', async ({ store, clock, reopen }) => {
    const queue = queueOn(store, clock)
    await setHourly(queue, { input: { page: 1 }, jitter: '10m', overlap: 'queue', queue: 'books' })
    const set = await queue.schedules.get('hourly')

    expect(await queueOn(await reopen(), clock).schedules.list()).toEqual([set])
  })
}
