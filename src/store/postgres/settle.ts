import type { Settlement } from '../../job/outcome.ts'
import { TRANSITIONS } from '../../job/state.ts'
import type { Settled } from '../jobs.ts'
import { closeGates } from './gates.ts'
import { complete } from './leaving/complete.ts'
import { type Leave, leave } from './leaving/leave.ts'
import { rowOf } from './lookup.ts'
import { inWaves } from './parameters.ts'
import type { Session } from './session.ts'

/** The handlers of cancelled jobs have ended: nothing of them is kept but that they have. */
const ACKNOWLEDGE = `with told as materialized (
    select s.seq from millhand.settled s
    join unnest($1::bigint[], $2::text[], $3::integer[]) as g(seq, worker, epoch) using (seq, worker, epoch)
    where s.state = 'cancelled' order by s.seq for update of s
  ) update millhand.settled s set worker = null from told t where s.seq = t.seq returning s.seq`

/**
 * Writes how jobs ended; each is fenced by state, worker and epoch. One that is `repeated`, since its answer was lost, may
 * have been written: when it is refused it is looked for, so that nobody is told of a result that came too late when it
 * did not.
 */
export async function settle(
  session: Session,
  settlements: readonly Settlement[],
  { repeated = false, left }: { readonly repeated?: boolean | undefined; readonly left: Set<string> },
): Promise<Settled[]> {
  await closeGates(session, settlements)
  const refused = new Map<Settlement, Settled>()
  for (const wave of inWaves(settlements)) {
    const refusedSeqs = await write(session, wave, left)
    if (refusedSeqs.size === 0) continue
    const late = wave.filter(({ seq }) => refusedSeqs.has(seq))
    const acknowledged = await acknowledge(session, late)
    const doubtful = repeated ? late.filter(({ seq }) => !acknowledged.has(seq)) : []
    const before = await writtenBefore(session, doubtful)
    for (const each of late) {
      if (!before.has(each)) refused.set(each, acknowledged.has(each.seq) ? 'cancelled' : 'refused')
    }
  }
  return settlements.map((each) => refused.get(each) ?? 'settled')
}

/**
 * Only whoever holds a job in an epoch completes it there. But a rescue, an expiry or an operator's retry may have brought it
 * to the state of a failure: what tells that is its errors.
 */
const WRITTEN = `with given as (
    select g.*, d.errors is not distinct from g.errors as alike
    from unnest($1::bigint[], $2::integer[], $3::text[], $4::text[]) as g(seq, epoch, state, errors)
    left join ${rowOf('g', 'errors', 'details')} d on true
  ) select g.seq from given g cross join ${rowOf('g', 'epoch, state', 'settled')} s
    where s.epoch = g.epoch and s.state = g.state and (g.alike or g.state = 'complete')
  union all select g.seq from given g cross join ${rowOf('g', 'epoch', 'pending')} p
    where p.epoch = g.epoch and g.alike and g.state = 'pending'
  union all select g.seq from given g cross join lateral (
    select from millhand.completed c cross join lateral unnest(c.seqs, c.epochs) as u(seq, epoch)
    where c.seqs @> array[g.seq] and u.seq = g.seq and u.epoch = g.epoch
  ) c where g.state = 'complete'`

/** Those that are what the settlement makes of them. */
async function writtenBefore(
  session: Session,
  settlements: readonly Settlement[],
): Promise<ReadonlySet<Settlement>> {
  if (settlements.length === 0) return new Set()
  const rows = await session.rows<{ seq: number }>(
    WRITTEN,
    settlements.map(({ seq }) => seq),
    settlements.map(({ epoch }) => epoch),
    settlements.map(({ verb }) => TRANSITIONS[verb].to),
    settlements.map(({ errors }) => errors),
  )
  const seqs = new Set(rows.map(({ seq }) => seq))
  return new Set(settlements.filter(({ seq }) => seqs.has(seq)))
}

/** What most jobs come to is written by a statement of its own; both lock in the same order. */
async function write(
  session: Session,
  settlements: readonly Settlement[],
  left: Set<string>,
): Promise<ReadonlySet<number>> {
  const plain = Map.groupBy(settlements.filter(isPlain), ({ worker }) => worker)
  const others = settlements.filter((each) => !isPlain(each))
  const parts = await Promise.all([
    ...[...plain].map(([worker, completions]) => complete(session, worker, completions)),
    leave(session, others.map(toLeave), left),
  ])
  const late = new Set(parts.flatMap((seqs) => [...seqs]))
  if (late.size === 0) return late
  // What was only held as far as the row says is left to the statement that knows what to make of it.
  const again = settlements.filter((each) => late.has(each.seq) && isPlain(each))
  for (const { seq } of again) late.delete(seq)
  return new Set([...late, ...(await leave(session, again.map(toLeave), left))])
}

/** Whether the job is complete, and there is no more to say of it, nor gates that it has held. */
function isPlain({ verb, outcome, output, limited }: Settlement): boolean {
  return verb === 'complete' && outcome === 'done' && output === null && !limited
}

async function acknowledge(
  session: Session,
  settlements: readonly Settlement[],
): Promise<ReadonlySet<number>> {
  const rows = await session.rows<{ seq: number }>(
    ACKNOWLEDGE,
    settlements.map(({ seq }) => seq),
    settlements.map(({ worker }) => worker),
    settlements.map(({ epoch }) => epoch),
  )
  return new Set(rows.map((row) => row.seq))
}

/** What each verb writes; the rest of the job stays as it is. */
function toLeave(settlement: Settlement): Leave {
  const { seq, worker, epoch, verb, attempt, errors, begunAfterMs } = settlement
  const fence = { seq, worker, epoch, verb, begunAfterMs, settlement }
  switch (settlement.verb) {
    case 'complete':
      return { ...fence, output: settlement.output, outcome: settlement.outcome, reason: settlement.reason }
    case 'fail':
      return { ...fence, failureKind: settlement.failureKind, errors, output: settlement.output }
    case 'retry':
    case 'snooze':
      return { ...fence, attempt, errors, dueInMs: settlement.dueInMs }
    case 'release':
      return { ...fence, attempt }
  }
}
