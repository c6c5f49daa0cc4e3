import type { JobRecord } from '../../src/job/job.ts'
import { readGates } from '../../src/job/job-gates.ts'
import type { Settlement } from '../../src/job/outcome.ts'
import type { ClaimedJob } from '../../src/store/jobs.ts'
import type { Leadership } from '../../src/store/upkeep.ts'
import { acceptedOf, claimOf } from '../accepted.ts'
import type { Executed } from '../call.ts'
import type { Moment } from '../moment.ts'
import { START_MS } from '../timeline.ts'
import { LimitRules } from './rules.ts'
import { type Grant, heldUp, type KnownGates } from './waiting.ts'

/** So long is kept what has started: longer than any window. */
const KEPT_MS = 60_000

/** What has passed the gates so far, kept where no fault reaches it. */
export class GateWitness implements KnownGates {
  readonly rules = new LimitRules()
  readonly #grants = new Map<string, readonly Grant[]>()
  /** Since when the rate of a limit is what it is: of what started before, the store may have forgotten some. */
  readonly #rateSince = new Map<string, number>()
  /** The claims that have passed: one whose answer comes late is seen more than once. */
  readonly #passed = new Set<string>()
  /** The claims in which handlers have closed a gate. */
  readonly #closing = new Set<string>()
  readonly #closedUntil = new Map<string, number>()
  /** Since when jobs wait at gates that would let them pass. */
  #heldUpSince = new Map<string, number>()
  /** Since when a leader looks for these. */
  #tendedSince: number | undefined

  grants(gate: string): readonly Grant[] {
    return this.#grants.get(gate) ?? []
  }

  /** What has passed at this moment, in the order in which it did. */
  granted(moment: Moment): readonly Grant[] {
    return grantsIn(moment).filter(({ claim }) => !this.#passed.has(claim))
  }

  rateSince(limit: string): number {
    return this.#rateSince.get(limit) ?? Number.NEGATIVE_INFINITY
  }

  closedUntil(gate: string): number {
    return this.#closedUntil.get(gate) ?? Number.NEGATIVE_INFINITY
  }

  /** Gates where somebody waited who might have passed when it was last looked. */
  get heldUp(): ReadonlyMap<string, number> {
    return this.#heldUpSince
  }

  /** For how long somebody waits for whom a leader has looked all the while. */
  waitedMs(gate: string, elapsedMs: number): number {
    const since = this.#heldUpSince.get(gate)
    if (since === undefined || this.#tendedSince === undefined) return 0
    return elapsedMs - Math.max(since, this.#tendedSince)
  }

  /** Takes in what calls have answered that came at once, after they were checked. */
  note(moment: Moment): void {
    const { elapsedMs } = moment
    for (const grant of this.granted(moment)) {
      this.#passed.add(grant.claim)
      const before = this.grants(grant.gate).filter(({ atMs }) => atMs > elapsedMs - KEPT_MS)
      this.#grants.set(grant.gate, [...before, grant])
    }
    for (const call of moment.calls) this.#noteCall(call, elapsedMs)
    const gates = [...heldUp(moment, this)]
    this.#heldUpSince = new Map(gates.map((gate) => [gate, this.#heldUpSince.get(gate) ?? elapsedMs]))
  }

  #noteCall(call: Executed, elapsedMs: number): void {
    const names = this.rules.namedIn([call])
    const before = new Map([...names].map((name) => [name, this.#rateOf(name)]))
    this.rules.note(call)
    for (const name of names)
      if (before.get(name) !== this.#rateOf(name)) this.#rateSince.set(name, elapsedMs)
    const { verb, values, result, isDoubtful } = call
    if (verb.endsWith('.settle') && result !== undefined) {
      acceptedOf<Settlement>(values, result, (settlement) => this.#settled(settlement, elapsedMs))
    }
    if (verb === 'upkeep.resign') this.#tendedSince = undefined
    if (verb === 'upkeep.elect' && !isDoubtful) this.#elected(result as Leadership, elapsedMs)
  }

  #rateOf(name: string): string {
    const { rateCount, ratePerMs } = this.rules.get(name) ?? {}
    return `${rateCount} in ${ratePerMs}`
  }

  /** What is made again was done before: it closes nothing for longer. */
  #settled({ closes, ...settlement }: Settlement, elapsedMs: number): void {
    const claim = claimOf(settlement)
    if (!closes || this.#closing.has(claim)) return
    this.#closing.add(claim)
    this.#closedUntil.set(closes.gate, Math.max(elapsedMs + closes.forMs, this.closedUntil(closes.gate)))
  }

  #elected({ leads, gatesWait = false }: Leadership, elapsedMs: number): void {
    if (leads) this.#tendedSince = gatesWait ? (this.#tendedSince ?? elapsedMs) : undefined
  }
}

/** What these calls have let pass, each claim once. */
function grantsIn({ calls, timing, elapsedMs }: Moment): Grant[] {
  const claims = calls.filter(({ verb }) => verb === 'jobs.claim')
  const begun = claims.flatMap(({ result }) => ((result ?? []) as ClaimedJob[]).filter(passes))
  const once = new Map(begun.map((job) => [claimOf(job), job]))
  const grants = [...once].flatMap(([claim, job]) => {
    const atMs = timing === 'stepped' ? elapsedMs : claimedAtOf(job) - START_MS
    return readGates(job.limits).map(({ gate, cost }) => ({ gate, claim, cost, atMs }))
  })
  return grants.sort((one, other) => one.atMs - other.atMs)
}

function passes({ begun, limits, answer }: ClaimedJob): boolean {
  return begun && limits !== null && answer === undefined
}

/** Of a claim whose answer was lost, it is read off the job. */
function claimedAtOf(job: ClaimedJob & Partial<Pick<JobRecord, 'startedAt'>>): number {
  return job.claimedAt ?? job.startedAt ?? 0
}
