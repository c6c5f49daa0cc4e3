import type { Settled, Start } from '../jobs.ts'
import { tell, WAKE } from './change.ts'
import { leaveHold } from './claiming/held.ts'
import { HOLD_ROWS } from './claiming/take.ts'
import { AS_CLAIMS, leaving, locked, lookingTwice, membersOf, missing } from './holding.ts'
import { inWaves, rangeOf } from './parameters.ts'
import { cancelledOf } from './report.ts'
import type { Session } from './session.ts'
import { LIGHT_CLOCK, statement, TIMED } from './sql.ts'

/**
 * Moves jobs from rows that are held to rows that have begun, one for those that began together. Lost in a power cut, it
 * only blames a job less. What had begun before is left as it is.
 */
const BEGIN = statement(
  {
    seqs: 'bigint[]',
    ownerOfEach: 'text[]',
    epochs: 'integer[]',
    begunAfter: 'integer[]',
    workers: 'text[]',
    low: 'bigint',
    high: 'bigint',
  },
  `with ${LIGHT_CLOCK}, given as (
    select * from unnest($seqs, $ownerOfEach, $epochs, $begunAfter) as g(seq, worker, epoch, after)
  ), ${locked({ workers: '$workers', low: '$low', high: '$high' })}, members as materialized (
    ${membersOf('held')}
  ), each as materialized (
    select m.*, g.seq is not null as known, g.seq is not null and not m.begun as leaves, m.started_at + g.after as begun_at
    from members m left join given g using (seq, worker, epoch)
  ), ${leaving()}, begun as (
    insert into millhand.claims (id, worker, call, begun, started_at, low, high, seqs, epochs, attempts, crashes, dues, cares)
    select nextval('millhand.holds') * ${HOLD_ROWS}, worker, call, true, begun_at, low, high, seqs, epochs, attempts, crashes, dues, cares
    from (select worker, call, begun_at, ${AS_CLAIMS} from each where leaves group by worker, call, begun_at) together
  ), announced as (
    select seq, epoch, 'start' as verb, 'running' as state from each where leaves
  ), ${tell('announced')}
  select seq from each where known and ${WAKE} and ${TIMED}`,
)

/** Writes that jobs which were held have begun. */
export async function begin(session: Session, starts: readonly Start[]): Promise<Settled[]> {
  const results = new Map<Start, Settled>()
  for (const wave of inWaves(starts)) {
    const missed = await lookingTwice(wave, (some) => write(session, some))
    const others = wave.filter(({ seq }) => missed.has(seq))
    const cancelled = others.length === 0 ? new Set() : await cancelledOf(session, others)
    for (const start of wave) {
      if (!missed.has(start.seq)) leaveHold(start.hold, start.seq)
      else results.set(start, cancelled.has(start.seq) ? 'cancelled' : 'refused')
    }
  }
  return starts.map((start) => results.get(start) ?? 'settled')
}

/** Gives those that their worker does not hold. */
async function write(session: Session, starts: readonly Start[]): Promise<ReadonlySet<number>> {
  const seqs = starts.map(({ seq }) => seq)
  const values = BEGIN.values({
    seqs,
    ownerOfEach: starts.map(({ worker }) => worker),
    epochs: starts.map(({ epoch }) => epoch),
    begunAfter: starts.map(({ afterMs }) => afterMs),
    workers: [...new Set(starts.map(({ worker }) => worker))],
    ...rangeOf(starts),
  })
  return missing(starts, await session.at<{ seq: number }>(BEGIN.text, ...values))
}
