import { isCacheGate } from '../job/cache-gate.ts'
import { type GateState, opensAt, passed, passedLater } from '../job/gate.ts'
import type { JobRecord } from '../job/job.ts'
import {
  groupGate,
  groupIn,
  type JobGate,
  readGates,
  requirementsGate,
  requirementsIn,
} from '../job/job-gates.ts'
import { type Limit, limitOf } from '../job/limit.ts'

/** What a claim asks of a store: what holds of a limit, and how a gate stands. */
export interface GateReader {
  limit(name: string): Limit | undefined
  state(gate: string): GateState
}

/** A job that has to wait at a gate; `opensAt`: until then, `Infinity`: until somebody leaves. */
interface Parked {
  readonly seq: number
  readonly id: string
  readonly gate: string
  readonly opensAt: number
}

/** What the place heeds in which a job is ready: what it requires of its worker, and whose turn it is; left out: all that there is. */
interface Heeded {
  readonly requirements?: string | undefined
  readonly group?: string | undefined
}

interface Admitted {
  readonly seq: number
  readonly gates: readonly JobGate[]
}

/** Jobs that one claim leaves to wait at gates: bounds what it does beside what it takes. */
export const PARKED_MAX = 1_000

/**
 * The gates as one claim sees them: whoever passes holds them at once, so that the next one of the same claim sees it. A job
 * passes all of its gates or none.
 */
export class Admissions {
  readonly parked: Parked[] = []
  readonly admitted: Admitted[] = []
  /** By its `seq`, the id of the job whose result a job takes: it passes no gate, and holds none. */
  readonly answers = new Map<number, string>()
  readonly #states = new Map<string, GateState>()
  readonly #changed = new Set<string>()
  readonly #reader: GateReader
  readonly #nowMs: number

  constructor(reader: GateReader, nowMs: number) {
    this.#reader = reader
    this.#nowMs = nowMs
  }

  /**
   * Whether the job passes; if not, it is noted at the first gate that is closed. Where it is ready does not heed all that it says:
   * then it was put there by somebody who does not know of that.
   */
  admit(job: Pick<JobRecord, 'seq' | 'id' | 'limits'>, heeded: Heeded = {}): boolean {
    const gates = readGates(job.limits)
    const { seq, id } = job
    const unheeded = unheededOf(job.limits, heeded)
    if (unheeded !== undefined) {
      this.parked.push({ seq, id, gate: unheeded, opensAt: Number.POSITIVE_INFINITY })
      return false
    }
    const answer = this.answerTo(gates)
    if (answer !== undefined) {
      this.answers.set(seq, answer)
      return true
    }
    for (const { gate, cost } of gates) {
      const at = opensAt(this.#reader.limit(limitOf(gate)), this.#stateOf(gate), cost)
      if (at > this.#nowMs) {
        this.parked.push({ seq, id, gate, opensAt: at })
        return false
      }
    }
    for (const each of gates) this.#pass(each)
    if (gates.length > 0) this.admitted.push({ seq, gates })
    return true
  }

  /** The id of the job whose result is that of one with these gates. */
  answerTo(gates: readonly JobGate[]): string | undefined {
    const shared = gates.find(({ gate }) => isCacheGate(gate))
    return shared && !shared.renews ? this.#stateOf(shared.gate).answer : undefined
  }

  /** The jobs were taken later than the gates were looked at: a rate counts from when they were. */
  takenAt(atMs: number): void {
    for (const gate of this.#changed)
      this.#states.set(gate, passedLater(this.#stateOf(gate), { fromMs: this.#nowMs, toMs: atMs }))
  }

  /** It has done enough. */
  get full(): boolean {
    return this.parked.length >= PARKED_MAX
  }

  /** Gates whose grants have changed. */
  get granted(): (readonly [gate: string, state: GateState])[] {
    return [...this.#changed].map((gate) => [gate, this.#stateOf(gate)])
  }

  /** When each gate opens by itself at which somebody has to wait, or is to be looked at again. */
  get openings(): ReadonlyMap<string, number> {
    const openings = new Map<string, number>()
    const note = (gate: string, at: number) => {
      if (at > this.#nowMs && at < (openings.get(gate) ?? Number.POSITIVE_INFINITY)) openings.set(gate, at)
    }
    for (const each of this.parked) note(each.gate, each.opensAt)
    for (const gate of this.#changed)
      note(gate, opensAt(this.#reader.limit(limitOf(gate)), this.#stateOf(gate)))
    return openings
  }

  #pass({ gate, cost }: JobGate): void {
    const limit = this.#reader.limit(limitOf(gate))
    if (!limit) return
    this.#states.set(gate, passed(limit, this.#stateOf(gate), { cost, nowMs: this.#nowMs }))
    if (limit.rateCount !== null) this.#changed.add(gate)
  }

  #stateOf(gate: string): GateState {
    const known = this.#states.get(gate)
    if (known) return known
    const state = this.#reader.state(gate)
    this.#states.set(gate, state)
    return state
  }
}

function unheededOf(limits: string | null, { requirements, group }: Heeded): string | undefined {
  const [required, whose] = [requirementsIn(limits), groupIn(limits)]
  if (required !== (requirements ?? required)) return requirementsGate(required)
  return whose === (group ?? whose) ? undefined : groupGate(whose)
}
