import { runsAlone } from '../../../job/care.ts'
import { FairTurns, type PlannedTurns } from '../../../job/fair-turns.ts'
import type { NewJob } from '../../../job/new-job.ts'
import type { Settlement } from '../../../job/outcome.ts'
import { type ClaimedJob, type ClaimRequest, compareJobs, type Place } from '../../jobs.ts'
import type { Claims } from '../claim.ts'
import type { Database } from '../database.ts'
import { openDue, reopen } from '../gates.ts'
import type { NextDue } from './due.ts'
import { orNothing, restBeside } from './filling.ts'
import { claimLimited } from './limited.ts'

/**
 * The claims of one process, those through gates among the others. Whoever has no limits pays for none: a claim of what has
 * no gates to pass tells whether something is ready that has.
 */
export class GatedClaims {
  readonly #claims: Claims
  readonly #database: Database
  /** Jobs may be ready that have to pass gates, or to be drawn. */
  #limited = false

  constructor(claims: Claims, database: Database) {
    this.#claims = claims
    this.#database = database
  }

  async claim(request: ClaimRequest): Promise<ClaimedJob[]> {
    if (request.limit <= 0) return []
    const turns = (request.turns ?? new FairTurns()).begin()
    // What comes before the best of the others goes first.
    const first = this.#limited && request.begins > 0 ? await this.#claimFirst(request, turns) : []
    const others = await orNothing(first, [], () => this.#claims.claim(restBeside(request, first)))
    const jobs = [...first, ...others]
    const { limited, requiring, opening } = this.#claims.seen
    this.#limited = limited || requiring || opening
    if (this.#limited && !jobs.some(runsAlone))
      jobs.push(
        ...(await orNothing(jobs, [], () => this.#claimLast(restBeside(request, jobs), { opening, turns }))),
      )
    const placeIn = (job: ClaimedJob) => turns.startOf(job.seq)?.at ?? job
    return jobs.sort((one, other) => compareJobs(placeIn(one), placeIn(other)))
  }

  async #claimFirst(request: ClaimRequest, turns: PlannedTurns): Promise<ClaimedJob[]> {
    return this.#claimLimited(request, { turns, before: await this.#claims.firstPlace(request) })
  }

  async #claimLast(
    request: ClaimRequest,
    { opening, turns }: { readonly opening: boolean; readonly turns: PlannedTurns },
  ): Promise<ClaimedJob[]> {
    if (opening) await openDue(this.#database.session)
    return this.#claimLimited(request, { turns, before: undefined })
  }

  /** New jobs: of those that have gates to pass, no place is known. */
  inserted(jobs: readonly NewJob[]): void {
    if (jobs.some(({ limits }) => limits !== null) || this.#claims.areOrdered(jobs)) this.#limited = true
    this.#claims.inserted(jobs.filter(({ limits }) => limits === null))
  }

  settled(settlements: readonly Settlement[]): void {
    this.#claims.settled(settlements)
  }

  reset(): void {
    this.#claims.reset()
  }

  nextDueAt(): Promise<NextDue> {
    return this.#claims.nextDueAt()
  }

  /** These gates were left: whoever waits there goes on, as far as there is room. What fails is seen to by the leader. */
  async left(gates: Iterable<string>): Promise<void> {
    const names = [...gates].sort()
    if (names.length === 0) return
    const count = await reopen(this.#database.session, names).catch(() => 1)
    if (count > 0) this.#limited = true
  }

  #claimLimited(
    request: ClaimRequest,
    among: { readonly turns: PlannedTurns; readonly before: Place | undefined },
  ): Promise<ClaimedJob[]> {
    if (request.limit <= 0 || request.begins <= 0) return Promise.resolve([])
    return claimLimited(this.#database, { request, ...among, calls: this.#claims })
  }
}
