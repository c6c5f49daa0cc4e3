import type { Settlement } from '../../job/outcome.ts'
import type { Settled } from '../jobs.ts'
import { type Leave, leave } from './leave.ts'
import { inWaves } from './rows.ts'
import type { Session } from './session.ts'

/** The handlers of cancelled jobs have ended: nothing of them is kept but that they have. */
const ACKNOWLEDGE = `update millhand.settled s set worker = null
  from unnest($1::bigint[], $2::text[], $3::integer[]) as g(seq, worker, epoch)
  where s.seq = g.seq and s.worker = g.worker and s.epoch = g.epoch and s.state = 'cancelled' returning s.seq`

/** Writes how running jobs ended; each is fenced by state, worker and epoch. */
export async function settle(session: Session, settlements: readonly Settlement[]): Promise<Settled[]> {
  const refused = new Map<Settlement, Settled>()
  for (const wave of inWaves(settlements)) {
    const gone = await leave(session, wave.map(toLeave))
    if (gone.size === 0) continue
    const late = wave.filter(({ seq }) => gone.has(seq))
    const acknowledged = await acknowledge(session, late)
    for (const each of late) refused.set(each, acknowledged.has(each.seq) ? 'cancelled' : 'refused')
  }
  return settlements.map((each) => refused.get(each) ?? 'settled')
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
  const { seq, worker, epoch, verb, attempt, errors } = settlement
  const fence = { seq, worker, epoch, verb }
  switch (settlement.verb) {
    case 'complete':
      return { ...fence, output: settlement.output, outcome: settlement.outcome, reason: settlement.reason }
    case 'fail':
      return { ...fence, failureKind: settlement.failureKind, errors }
    case 'retry':
    case 'snooze':
      return { ...fence, attempt, errors, dueInMs: settlement.dueInMs }
    case 'release':
      return { ...fence, attempt }
  }
}
