import { jobError } from '../job/errors.ts'
import type { EnqueueCall } from '../job/hooks.ts'
import { childId, childPriority, isSpent, requireSameChild, WAITS_FOR } from '../job/invoke.ts'
import { type InvokeOptions, parseInvoke } from '../job/invoke-options.ts'
import type { JobRecord, RunningJob } from '../job/job.ts'
import { WAITING_PARENTS_MAX } from '../job/limits.ts'
import type { NewJob } from '../job/new-job.ts'
import { requireSpec } from '../job/specs.ts'
import { isFinal } from '../job/state.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { unlessAborted } from '../kit/abort.ts'
import { cancelJobs } from '../queue/control.ts'
import { outputOf } from '../queue/handle.ts'
import { makeEnqueuer } from '../queue/hooked-enqueuer.ts'
import { type QueueInternals, requireOutside } from '../queue/internals.ts'
import { requireOneName } from '../queue/known-specs.ts'
import type { Attempt } from './attempt.ts'
import { carried } from './carried.ts'
import { childEnd } from './child-end.ts'
import { interruptionError } from './interruption.ts'
import type { Slots } from './slots.ts'
import { Steps } from './steps.ts'

interface InvokerParts {
  readonly queue: QueueInternals
  readonly slots: Slots
  /** Told of an attempt that has something to tell. */
  readonly mark: (attempt: Attempt) => void
}

/** One call of `ctx.invoke`. */
export interface InvokeCall {
  readonly job: RunningJob
  readonly spec: AnyJobSpec
  readonly input: unknown
  readonly options: InvokeOptions | undefined
}

/** A child where it stands; `record`, where it was there already. */
interface Child {
  readonly id: string
  readonly name: string
  readonly record?: JobRecord | undefined
}

/** Who waits for which child. */
interface Waiting {
  readonly attempt: Attempt
  readonly child: string
}

/** How many children of one step are looked for at a time. */
const ROUNDS = 8

/** `ctx.invoke`: a child is enqueued, or found again, and waited for without a slot of the worker. */
export class Invoker {
  readonly #queue: QueueInternals
  readonly #slots: Slots
  readonly #mark: (attempt: Attempt) => void
  readonly #enqueuer: ReturnType<typeof makeEnqueuer>
  readonly #steps = new WeakMap<Attempt, Steps>()
  readonly #waiting = new Set<Waiting>()
  #closed = false

  constructor({ queue, slots, mark }: InvokerParts) {
    this.#queue = queue
    this.#slots = slots
    this.#mark = mark
    this.#enqueuer = makeEnqueuer(queue)
  }

  /** @throws MillhandError what `JobContext.invoke` says */
  async invoke(attempt: Attempt, { job, spec: given, input, options: said }: InvokeCall): Promise<unknown> {
    requireOutside(this.#queue, 'ctx.invoke')
    if (attempt.interruption) throw attempt.interruption
    const spec = requireOneName(requireSpec('ctx.invoke', given))
    const { step: named, cancelWithParent, options } = parseInvoke(said)
    const priority = options.priority ?? childPriority(job, spec.priority)
    const call = { job: spec, input, options: { ...carried(job, options), priority } }
    const steps = this.#stepsOf(attempt)
    const step = steps.nameOf(spec.name, named)
    const child = await steps.inTurn(step, (isFirst) => this.#place(attempt, call, { step, isFirst }))
    if (child.record && isFinal(child.record.state)) return outputOf(child.record)
    return this.#wait(attempt, child, cancelWithParent)
  }

  /** Nothing more begins here: who waits goes back to its queue, and so does who would wait from now on. */
  close(): void {
    this.#closed = true
    for (const { attempt, child } of this.#waiting) attempt.interrupt(stopping(attempt, child))
  }

  open(): void {
    this.#closed = false
  }

  /** Whether a child has ended, and its parent is about to hear of that. */
  async hasNews(): Promise<boolean> {
    if (this.#waiting.size === 0) return false
    const ids = new Set([...this.#waiting].map(({ child }) => child))
    const records = await this.#queue.store.catalog.get([...ids])
    return records.some(({ state }) => isFinal(state))
  }

  /** The child as it is there already, or a new one. */
  async #place(
    attempt: Attempt,
    call: EnqueueCall,
    { step, isFirst }: { readonly step: string; readonly isFirst: boolean },
  ): Promise<Child> {
    const { job, begunAtMs } = attempt
    // In its first run it has no child that it does not know of.
    const isNew = isFirst && job.epoch === 1
    const newest = isNew ? undefined : await this.#newestOf(job, step)
    const record = newest && !isSpent(newest.record, begunAtMs) ? newest.record : undefined
    const id = record?.id ?? childId(job, { step, round: newest ? newest.round + 1 : 0 })
    const accept = (asked: NewJob) => {
      if (record) requireSameChild(record, { ...asked, step })
      return !record
    }
    const stored = await this.#enqueuer.enqueueAs(call, { id, accept })
    return { id: stored.id, name: call.job.name, record }
  }

  async #newestOf(job: Attempt['job'], step: string): Promise<Found | undefined> {
    let newest: Found | undefined
    for (let from = 0; ; from += ROUNDS) {
      const rounds = Array.from({ length: ROUNDS }, (_, index) => from + index)
      const places = new Map(rounds.map((round) => [childId(job, { step, round }), round]))
      const records = await this.#queue.store.catalog.get([...places.keys()])
      for (const record of records) {
        const round = places.get(record.id) ?? 0
        if (!newest || round > newest.round) newest = { round, record }
      }
      if (newest?.round !== from + ROUNDS - 1) return newest
    }
  }

  /** Waits for it without a slot; goes on in one. */
  async #wait(attempt: Attempt, child: Child, cancels: boolean): Promise<unknown> {
    const waiting = { attempt, child: child.id }
    this.#begin(waiting, child)
    const signal = AbortSignal.any([attempt.signal, attempt.over])
    try {
      return outputOf(await childEnd(this.#queue, child, signal))
    } catch (error) {
      if (cancels) await this.#cancelWith(attempt, child)
      throw attempt.ended && !attempt.interruption ? jobError('child_not_awaited', shownAs(child)) : error
    } finally {
      this.#waiting.delete(waiting)
      await unlessAborted(this.#slots.takeAgain(attempt), attempt.signal)
    }
  }

  #begin(waiting: Waiting, { id, name }: Child): void {
    const { attempt } = waiting
    if (attempt.ended) return
    const isOneMore = !this.#slots.isAway(attempt)
    if (this.#closed) attempt.interrupt(stopping(attempt, id))
    else if (isOneMore && this.#slots.waiting >= WAITING_PARENTS_MAX) attempt.interrupt(tooMany(attempt, id))
    if (attempt.interruption) return
    this.#waiting.add(waiting)
    attempt.log('debug', `waits for job '${name}' (${id})`, JSON.stringify({ [WAITS_FOR]: id }))
    this.#mark(attempt)
    this.#slots.giveBack(attempt)
  }

  /** The child of a parent that was cancelled while it waited. */
  async #cancelWith({ job, interruption }: Attempt, { id }: Child): Promise<void> {
    if (interruption?.code !== 'cancelled') return
    const { reason } = interruption.facts as { readonly reason: string }
    await cancelJobs(this.#queue, [id], `its parent '${job.id}' was cancelled: ${reason}`)
  }

  #stepsOf(attempt: Attempt): Steps {
    const steps = this.#steps.get(attempt) ?? new Steps()
    this.#steps.set(attempt, steps)
    return steps
  }
}

/** The newest child of a step, and how many there were before it. */
interface Found {
  readonly round: number
  readonly record: JobRecord
}

function shownAs({ id, name }: Child): { readonly id: string; readonly name: string } {
  return { id, name }
}

function stopping({ worker }: Attempt, child: string) {
  return interruptionError('waits_for_child', { worker, child })
}

function tooMany({ worker }: Attempt, child: string) {
  return interruptionError('too_many_waiting', { worker, child, limit: WAITING_PARENTS_MAX })
}
