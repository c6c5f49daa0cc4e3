import { formatDuration } from '../../../kit/duration.ts'
import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, ok, warn } from '../finding.ts'

/** What is open for so long is most often forgotten, and keeps every row that has died since. */
const LONG_OPEN_MS = 5 * 60_000
/** Transactions that a slot in use may lag behind. */
const SLOT_LAG = 1_000_000

interface Holder {
  readonly kind: 'session' | 'prepared' | 'slot'
  /** The process, the name of the transaction, or that of the slot. */
  readonly name: string
  /** Who it is, as far as the server says. */
  readonly who: string
  /** How long it has been open; of a slot: nobody knows. */
  readonly openMs: number | null
}

/** In this database, and in those that read along; vacuums do not stand in each other's way. */
const HOLDERS = `select 'session' as kind, pid::text as name,
    concat_ws(', ', usename, nullif(application_name, ''), host(client_addr), state) as who,
    floor(extract(epoch from clock_timestamp() - xact_start) * 1000)::bigint as "openMs"
  from pg_stat_activity
  where pid <> pg_backend_pid() and xact_start is not null and backend_type <> 'autovacuum worker'
    and (datname = current_database() or backend_type = 'walsender')
  union all select 'prepared', gid, owner,
    floor(extract(epoch from clock_timestamp() - prepared) * 1000)::bigint
  from pg_prepared_xacts where database = current_database()
  union all select 'slot', slot_name, case when active then 'in use' else 'used by nobody' end, null
  from pg_replication_slots where xmin is not null and (not active or age(xmin) > ${SLOT_LAG})`

const SEES_ALL = `select pg_has_role('pg_read_all_stats', 'usage') as all`

/** What keeps dead rows alive: a vacuum can only remove what nobody may look at any more. */
export async function examineSnapshots(session: Session, longMs = LONG_OPEN_MS): Promise<Finding[]> {
  const holders = await session.rows<Holder>(HOLDERS)
  const [sees] = await session.rows<{ all: boolean }>(SEES_ALL)
  return checkSnapshots(holders, { longMs, seesAll: sees?.all === true })
}

export function checkSnapshots(
  holders: readonly Holder[],
  { longMs = LONG_OPEN_MS, seesAll }: { readonly longMs?: number; readonly seesAll: boolean },
): Finding[] {
  const long = holders.filter(({ openMs }) => openMs === null || openMs >= longMs)
  if (long.length > 0) return long.map(toFinding)
  const limits = seesAll ? '' : ', among those of this role: to see all, grant pg_read_all_stats to it'
  return [ok('snapshots', `nothing is open for more than ${formatDuration(longMs)}${limits}`)]
}

function toFinding({ kind, name, who, openMs }: Holder): Finding {
  const age = formatDuration(openMs ?? 0)
  switch (kind) {
    case 'session': {
      const mend = `End it if it was forgotten: select pg_terminate_backend(${name}); and give such clients idle_in_transaction_session_timeout.`
      return warn('snapshots', `process ${name} (${who}) has a transaction open for ${age}`, mend)
    }
    case 'prepared': {
      const mend = `End it: commit prepared '${name}'; or rollback prepared '${name}';`
      return warn('snapshots', `prepared transaction '${name}' of ${who} is open for ${age}`, mend)
    }
    case 'slot': {
      const mend = `Bring its reader back, or drop it: select pg_drop_replication_slot('${name}');`
      return warn('snapshots', `replication slot '${name}' (${who}) holds old rows back`, mend)
    }
  }
}
