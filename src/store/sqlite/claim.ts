import { Admissions } from '../admissions.ts'
import type { ClaimedJob, ClaimRequest } from '../jobs.ts'
import { recordChanges } from './change.ts'
import { PROMOTE_MAX, promote } from './claiming/promote.ts'
import { chooseReady, type Look } from './claiming/ready.ts'
import type { Connection } from './connection.ts'
import { admit, gateReader, openDue } from './gates.ts'
import { restore } from './order.ts'
import { asList } from './parameters.ts'

/**
 * Pieces in one claim while there is nothing for its worker among them, so that its own are found soon. Bounds how long
 * a claim holds the lock: some 30 ms. The claim after it goes on, since `nextDueAt` tells of what is still to be moved.
 */
const PROMOTE_ROUNDS = 10

/**
 * Takes the best ready jobs that the worker serves, and first makes ready what was due at `nowMs`: the one horizon of a
 * claim, however much falls due meanwhile. It moves a bounded part of that and takes what is ready by then, so that
 * jobs which keep coming due stop nobody. Ready jobs are indexed by lane, so that a million jobs that this worker does
 * not serve cost nothing.
 */
export function claim(
  connection: Connection,
  request: ClaimRequest,
  { heads, nowMs }: Omit<Look, 'admissions'>,
): ClaimedJob[] {
  if (request.limit <= 0 || !connection.get(LEASE_ALIVE, request.worker, nowMs)) return []
  let chosen: readonly ClaimedJob[] = []
  openDue(connection, nowMs)
  for (let round = 0; round < PROMOTE_ROUNDS && chosen.length === 0; round += 1) {
    const promoted = promote(connection, nowMs)
    heads.returned(connection, promoted)
    const admissions = new Admissions(gateReader(connection, nowMs), nowMs)
    chosen = withAnswers(chooseReady(connection, request, { heads, nowMs, admissions }), admissions)
    admit(connection, admissions)
    if (promoted.length < PROMOTE_MAX && !admissions.full) break
  }
  return take(connection, chosen, { ...request, nowMs })
}

/** Most claims have nobody who takes the result of an equal job. */
function withAnswers(jobs: readonly ClaimedJob[], { answers }: Admissions): readonly ClaimedJob[] {
  if (answers.size === 0) return jobs
  return jobs.map((job) => (answers.has(job.seq) ? { ...job, answer: answers.get(job.seq) } : job))
}

const LEASE_ALIVE = 'select 1 from millhand_workers where id = ? and lease_until > ?'

const TAKEN =
  'waits = null, lane = null, worker = ?1, claimed_at = ?2, epoch = epoch + 1, attempt = attempt + 1, progress = null'

const START = `update millhand_jobs set state = 'running', started_at = ?2, expires_at = null, ${TAKEN}
  where seq in (select value from json_each(?3))`

const HOLD = `update millhand_jobs set started_at = null, ${TAKEN} where seq in (select value from json_each(?3))`

/** The best of them begin at once; the others are held. */
function take(
  connection: Connection,
  chosen: readonly ClaimedJob[],
  { worker, begins, nowMs }: { worker: string; begins: number; nowMs: number },
): ClaimedJob[] {
  const taken = chosen.map((job, place) =>
    job.begun || place < begins ? { ...job, begun: true, expiresAt: null } : job,
  )
  const started = taken.filter((job) => job.begun).map((job) => job.seq)
  const held = taken.filter((job) => !job.begun).map((job) => job.seq)
  if (started.length > 0) connection.run(START, worker, nowMs, asList(started))
  if (held.length > 0) connection.run(HOLD, worker, nowMs, asList(held))
  restore(
    connection,
    taken.flatMap(({ seq, place }) => (place === null ? [] : [seq])),
  )
  recordChanges(connection, { verb: 'claim', nowMs }, started)
  return taken
}
