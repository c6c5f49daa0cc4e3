import { jobError } from '../job/errors.ts'
import type { JobHandle } from '../job/handle.ts'
import { requireScheduleName } from '../job/names.ts'
import {
  progressOf,
  readSchedule,
  type Schedule,
  type ScheduleProgress,
  type ScheduleRecord,
  stepOf,
  toSchedule,
  withJobs,
} from '../job/schedule.ts'
import type { ScheduleOf, ScheduleOptions } from '../job/schedule-options.ts'
import { nextTicks, tickAfter } from '../job/schedule-rule.ts'
import { dueOf, jobAt } from '../job/schedule-tick.ts'
import { readTexts } from '../job/stored.ts'
import type { SpecOrName } from '../job/typed.ts'
import { integer, parseOptions } from '../kit/options.ts'
import { Handle } from './handle.ts'
import { type QueueInternals, requireOutside } from './internals.ts'
import { setSchedule } from './set-schedule.ts'

/** Others may change a schedule at the same time: so often it is read again. */
const TRIES = 20

/** How many next times are told at most. */
const NEXT_MAX = 1_000

/**
 * What is enqueued by itself: `queue.schedules`. Whichever worker leads sees to it, by the store's clock; each tick is
 * enqueued once, whatever the number of workers.
 *
 * @example
 * const queue = await openQueue('memory:')
 * const report = defineJob({ name: 'example.report', async run() {} })
 * await queue.schedules.set('nightly', { job: report, cron: '0 3 * * *', timeZone: 'Europe/Berlin' })
 * const [first] = await queue.schedules.next('nightly', 1)
 */
export class Schedules {
  readonly #queue: QueueInternals

  constructor(queue: QueueInternals) {
    this.#queue = queue
  }

  /**
   * Sets a schedule, or changes the one of its name: with the same times its next tick stays. One that is paused stays so.
   *
   * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `unknown_job`, `invalid_input`,
   *   `not_serialisable`, `payload_too_large`, `inside_transaction`
   */
  async set<Spec extends SpecOrName>(name: string, options: ScheduleOf<Spec>): Promise<Schedule> {
    requireOutside(this.#queue, 'schedules.set')
    const given: ScheduleOptions = options
    return this.#shown(await setSchedule(this.#queue, { name, options: given, declared: false }))
  }

  /** The schedule as it is now; `null` where there is none. @throws MillhandError `invalid_name` */
  async get(name: string): Promise<Schedule | null> {
    const [record] = await this.#queue.store.schedules.list(requireScheduleName(name))
    return record ? this.#shown(record) : null
  }

  /** All of them, by name; also those that no running worker declares any more: their `origin` says so. */
  async list(): Promise<Schedule[]> {
    const records = await this.#queue.store.schedules.list()
    const declared = await this.#declared()
    return records.map((record) => toSchedule(record, declared))
  }

  /** Lets no tick come until it is resumed. @throws MillhandError `schedule_not_found`, `schedule_changing`, `invalid_name`, `inside_transaction` */
  async pause(name: string): Promise<Schedule> {
    const nowMs = await this.#queue.store.now()
    return this.#change(name, 'pause', (record) =>
      record.pausedAt === null ? { ...progressOf(record), pausedAt: nowMs, dueAt: null } : null,
    )
  }

  /**
   * Goes on with the first tick from now; those that passed meanwhile are not caught up with.
   *
   * @throws MillhandError `schedule_not_found`, `schedule_changing`, `invalid_name`, `inside_transaction`
   */
  async resume(name: string): Promise<Schedule> {
    const nowMs = await this.#queue.store.now()
    return this.#change(name, 'resume', (record) => {
      if (record.pausedAt === null) return null
      const { rule } = readSchedule(record)
      const tickAt = tickAfter(rule, nowMs)
      const dueAt = tickAt === null ? null : dueOf(record.name, rule, tickAt)
      return { ...progressOf(record), pausedAt: null, tickAt, dueAt, problem: null }
    })
  }

  /**
   * Enqueues its job now, whatever its overlap, and also while it is paused; its ticks come as they would have.
   *
   * @throws MillhandError `schedule_not_found`, `schedule_changing`, `queue_full`, `invalid_name`, `inside_transaction`
   */
  async run(name: string): Promise<JobHandle> {
    requireOutside(this.#queue, 'schedules.run')
    const { store, ids, pendingMax, events } = this.#queue
    const id = ids()
    const tickMs = await store.now()
    for (let tries = 0; tries < TRIES; tries += 1) {
      const record = await this.#require(name)
      const jobs = readTexts(record.jobs)
      // Done by a call whose answer was lost.
      if (jobs.includes(id)) return new Handle(this.#queue, { id, existed: false })
      const job = jobAt(record.name, readSchedule(record).plan.job, { id, tickMs })
      const step = stepOf(record, { ...progressOf(record), jobs: withJobs(jobs, [id]) })
      if (!(await store.schedules.advance(step, [job], pendingMax))) continue
      events.emit('enqueue', { jobs: [{ id, name: job.name, queue: job.queue }] })
      return new Handle(this.#queue, { id, existed: false })
    }
    throw jobError('schedule_changing', { name, verb: 'run' })
  }

  /** Removes a schedule, its jobs stay; gives whether there was one. @throws MillhandError `invalid_name`, `inside_transaction` */
  async remove(name: string): Promise<boolean> {
    requireOutside(this.#queue, 'schedules.remove')
    return this.#queue.store.schedules.remove(requireScheduleName(name))
  }

  /**
   * When its next jobs are enqueued, at most `count`; none while it is paused.
   *
   * @throws MillhandError `schedule_not_found`, `invalid_name`, `invalid_option`
   */
  async next(name: string, count = 5): Promise<Date[]> {
    const record = await this.#require(name)
    const parsed = parseOptions(
      'schedules.next',
      { count: integer({ default: 5, min: 1, max: NEXT_MAX }) },
      { count },
    )
    if (record.tickAt === null || record.pausedAt !== null) return []
    const { rule } = readSchedule(record)
    const ticks = [record.tickAt, ...nextTicks(rule, record.tickAt, parsed.count - 1)]
    return ticks.map((tick) => new Date(dueOf(record.name, rule, tick)))
  }

  async #change(
    name: string,
    verb: string,
    change: (record: ScheduleRecord) => ScheduleProgress | null,
  ): Promise<Schedule> {
    requireOutside(this.#queue, `schedules.${verb}`)
    for (let tries = 0; tries < TRIES; tries += 1) {
      const record = await this.#require(name)
      const next = change(record)
      if (!next) return this.#shown(record)
      await this.#queue.store.schedules.advance(stepOf(record, next), [], this.#queue.pendingMax)
    }
    throw jobError('schedule_changing', { name, verb })
  }

  /** @throws MillhandError `invalid_name`, `schedule_not_found` */
  async #require(name: string): Promise<ScheduleRecord> {
    const { schedules } = this.#queue.store
    const [record] = await schedules.list(requireScheduleName(name))
    if (record) return record
    const known = (await schedules.list()).map((each) => each.name)
    throw jobError('schedule_not_found', { name, known })
  }

  async #shown(record: ScheduleRecord): Promise<Schedule> {
    return toSchedule(record, record.declared ? await this.#declared() : new Set())
  }

  async #declared(): Promise<ReadonlySet<string>> {
    const workers = await this.#queue.store.workers.list()
    return new Set(workers.flatMap((worker) => worker.schedules ?? []))
  }
}
