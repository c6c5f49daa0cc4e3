import { letsPass, type Strays, unheldOf } from '../strays.ts'
import type { Connection } from './connection.ts'
import { gateReader } from './gates.ts'
import { waitedAt } from './limits.ts'
import { atMost } from './parameters.ts'
import { PARKED, timelyAt } from './pending.ts'

const HOLDERS = `select millhand_holders.gate, id from millhand_holders left join millhand_jobs on millhand_jobs.seq = millhand_holders.job
  where coalesce(state, '') <> 'running' order by millhand_holders.gate, id ${atMost()}`

/** No more run than workers have places. */
const RUNNING = `select id, limits, (select json_group_array(millhand_holders.gate) from millhand_holders where job = millhand_jobs.seq) as held
  from millhand_jobs where worker is not null and state = 'running' and limits is not null order by id`

const FIRST = `select id, limits from millhand_jobs where ${PARKED} and gate = ? and ${timelyAt()}
  and queue not in (select queue from millhand_queues where paused_at is not null)
  order by priority desc, due_at, seq limit 1`

export function strays(connection: Connection, limit: number, nowMs: number): Strays {
  const running = connection.all<{ id: string; limits: string; held: string }>(RUNNING)
  const held = running.map((job) => ({ ...job, held: JSON.parse(job.held) as string[] }))
  const reader = gateReader(connection, nowMs)
  const waiting = waitedAt(connection, { after: '', limit }).flatMap((gate) => {
    const first = connection.get<{ id: string; limits: string | null }>(FIRST, gate, nowMs)
    return first && letsPass({ gate, limits: first.limits }, reader, nowMs) ? [{ gate, id: first.id }] : []
  })
  return {
    holders: connection.all<Strays['holders'][number]>(HOLDERS, limit),
    unheld: unheldOf(held, limit),
    waiting,
  }
}
