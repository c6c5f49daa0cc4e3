import { isForgettable } from '../job/gate.ts'
import { type JobGate, readGates } from '../job/job-gates.ts'
import { limitOf } from '../job/limit.ts'
import type { NewJob } from '../job/new-job.ts'
import { Admissions, type GateReader } from './admissions.ts'

/** What a placement asks of a store beside how a gate stands. */
export interface PlacementReader extends GateReader {
  /** The priority of the first job that waits at the gate and has not expired; `undefined` where none does. */
  firstPriority(gate: string): number | undefined
}

/** Whether nothing is left of what has happened at a gate, and nobody waits there who may still go on: it can be forgotten. */
export function isIdle(gate: string, reader: PlacementReader, nowMs: number): boolean {
  const isLeft = isForgettable(reader.limit(limitOf(gate)), reader.state(gate), nowMs)
  return isLeft && reader.firstPriority(gate) === undefined
}

/**
 * At which gates new jobs of one insert wait from the beginning: those that cannot pass now, and come behind those that may, or
 * that wait there. A claim would have to put away each of them. Where it is not sure, the claim decides.
 */
export class Placement {
  readonly #reader: PlacementReader
  readonly #admissions: Admissions
  /** Of each gate, the highest priority that waits there, and the lowest of those that may pass. */
  readonly #waiting = new Map<string, number | undefined>()
  readonly #passing = new Map<string, number>()

  constructor(reader: PlacementReader, nowMs: number) {
    this.#reader = reader
    this.#admissions = new Admissions(reader, nowMs)
  }

  /** The gate at which the job waits, which is closed; `null`: a claim decides. */
  gateOf(job: Pick<NewJob, 'id' | 'limits' | 'priority'>): string | null {
    const gates = readGates(job.limits)
    const { priority } = job
    if (this.#admissions.answerTo(gates) !== undefined) return null
    const behind = gates.find(({ gate }) => (this.#first(gate) ?? Number.NEGATIVE_INFINITY) >= priority)
    if (behind) return this.#wait(behind.gate, priority)
    if (this.#admissions.admit({ ...job, seq: 0 })) return this.#pass(gates, priority)
    const closed = this.#admissions.parked.at(-1)?.gate ?? ''
    return priority > (this.#passing.get(closed) ?? Number.POSITIVE_INFINITY)
      ? this.#pass(gates, priority)
      : this.#wait(closed, priority)
  }

  /** When gates open by themselves at which new jobs wait. */
  get openings(): ReadonlyMap<string, number> {
    return this.#admissions.openings
  }

  #first(gate: string): number | undefined {
    if (!this.#waiting.has(gate)) this.#waiting.set(gate, this.#reader.firstPriority(gate))
    return this.#waiting.get(gate)
  }

  #wait(gate: string, priority: number): string {
    this.#waiting.set(gate, Math.max(priority, this.#first(gate) ?? priority))
    return gate
  }

  #pass(gates: readonly JobGate[], priority: number): null {
    for (const { gate } of gates)
      this.#passing.set(gate, Math.min(priority, this.#passing.get(gate) ?? priority))
    return null
  }
}
