import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, ok, warn } from '../finding.ts'

/** One for all it says and hears, and one for its beat; at its busiest ten and one. */
const AT_REST = 2
const AT_MOST = 11

interface Limit {
  /** What sets it: the server, the database or the role. */
  readonly what: string
  readonly most: number
  readonly used: number
}

/** Backends are counted where every role may see them. */
const LIMITS = `select 'max_connections of the server' as what, current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
    - coalesce(current_setting('reserved_connections', true), '0')::integer as most,
    (select coalesce(sum(numbackends), 0)::integer from pg_stat_database) as used
  union all select format('the connection limit of the database %I', d.datname), d.datconnlimit,
    (select coalesce(sum(numbackends), 0)::integer from pg_stat_database s where s.datid = d.oid)
    from pg_database d where d.datname = current_database() and d.datconnlimit >= 0
  union all select format('the connection limit of the role %I', r.rolname), r.rolconnlimit,
    (select count(*)::integer from pg_stat_activity a where a.usesysid = r.oid)
    from pg_roles r where r.rolname = current_user and r.rolconnlimit >= 0`

/** Whether another worker could still connect. */
export async function examineConnections(session: Session): Promise<Finding> {
  return checkConnections(await session.rows<Limit>(LIMITS))
}

export function checkConnections(limits: readonly Limit[]): Finding {
  const left = limits.map(({ most, used, ...limit }) => ({ ...limit, most, left: Math.max(0, most - used) }))
  const tightest = left.sort((a, b) => a.left - b.left)[0]
  if (!tightest || tightest.left >= AT_MOST) {
    return ok('connections', tightest ? `${tightest.left} of ${tightest.most} are free` : 'no limit')
  }
  const text = `${tightest.left} of ${tightest.most} are free; a worker takes up to ${AT_MOST}`
  const mend = `Raise ${tightest.what}, end idle clients, or put a pooler before it (docs/postgres.md).`
  return warn('connections', text, mend)
}

const LIVE = `select count(*)::integer as count from millhand.workers
  where lease_until > floor(extract(epoch from statement_timestamp()) * 1000)`

/** Whether the workers that there are have enough of them. */
export async function examineFleet(session: Session): Promise<Finding> {
  const [live] = await session.rows<{ count: number }>(LIVE)
  return checkFleet(live?.count ?? 0, await session.rows<Limit>(LIMITS))
}

export function checkFleet(workers: number, limits: readonly Limit[]): Finding {
  const [tightest] = limits.toSorted((a, b) => a.most - b.most)
  const text = `${workers} live workers, with ${workers * AT_REST} connections at rest and up to ${workers * AT_MOST}`
  if (!tightest || workers * AT_MOST <= tightest.most) return ok('fleet', text)
  const mend = `Raise ${tightest.what}, run fewer workers with more concurrency each, or put a pooler before it (docs/postgres.md).`
  return warn('fleet', `${text}, of ${tightest.most} that there are`, mend)
}
