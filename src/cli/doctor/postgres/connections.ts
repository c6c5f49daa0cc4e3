import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, ok, warn } from '../finding.ts'

/** A pool of ten, one for notices and one for the beat. */
const NEEDED_BY_WORKER = 12

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
  if (!tightest || tightest.left >= NEEDED_BY_WORKER) {
    return ok('connections', tightest ? `${tightest.left} of ${tightest.most} are free` : 'no limit')
  }
  const text = `${tightest.left} of ${tightest.most} are free; a worker takes up to ${NEEDED_BY_WORKER}`
  const mend = `Raise ${tightest.what}, end idle clients, or put a pooler before it (docs/postgres.md).`
  return warn('connections', text, mend)
}
