import { letsPass, type Strays, unheldOf } from '../strays.ts'
import { readGates } from './gates.ts'
import { waitedAt } from './limits.ts'
import type { Session } from './session.ts'
import { NOW, timely } from './sql.ts'

const HOLDERS = `select h.gate, j.id from millhand.holders h left join millhand.jobs j on j.seq = h.job
  where not exists (
    select from millhand.claims c where c.begun and c.low <= h.job and c.high >= h.job and h.job = any(c.seqs)
  ) order by h.gate, j.id limit $1::integer`

/** No more run than workers have places. */
const RUNNING = `select j.id, j.limits,
    (select coalesce(json_agg(h.gate), '[]')::text from millhand.holders h where h.job = j.seq) as held
  from millhand.claims c cross join lateral unnest(c.seqs) u(seq) join millhand.jobs j on j.seq = u.seq
  where c.begun and j.limits is not null order by j.id`

const FIRST = `select g.gate, j.id, j.limits from unnest($2::text[]) as g(gate) cross join lateral (
    select seq from millhand.pending p where p.waits = 3 and p.gate = g.gate and ${timely('p', NOW)} and not exists (
      select from millhand.lanes l join millhand.queues q using (queue) where l.id = p.lane and q.paused_at is not null)
    order by p.rank, p.due_at, p.seq limit 1
  ) p join millhand.jobs j using (seq) order by g.gate`

export async function strays(session: Session, limit: number): Promise<Strays> {
  const holders = await session.rows<Strays['holders'][number]>(HOLDERS, limit)
  const running = await session.rows<{ id: string; limits: string; held: string }>(RUNNING)
  const held = running.map((job) => ({ ...job, held: JSON.parse(job.held) as string[] }))
  return { holders, unheld: unheldOf(held, limit), waiting: await waitingAt(session, limit) }
}

async function waitingAt(session: Session, limit: number): Promise<Strays['waiting']> {
  const gates = await waitedAt(session, { after: '', limit })
  if (gates.length === 0) return []
  const firsts = await session.at<{ gate: string; id: string; limits: string | null }>(FIRST, gates)
  const reader = await readGates(session, gates)
  return firsts.filter((first) => letsPass(first, reader, reader.nowMs)).map(({ gate, id }) => ({ gate, id }))
}
