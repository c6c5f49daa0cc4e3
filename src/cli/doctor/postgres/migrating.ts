import type { SchemaState } from '../../../store/migration.ts'
import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, fail } from '../finding.ts'
import expected from './schema.json' with { type: 'json' }

interface Lacking {
  readonly role: string
  /** On what the role may not create anything, as `grant create on` takes it. */
  readonly place: string | null
  /** How many of the tables belong to a role that it is no member of: only their owner may change them. */
  readonly foreign: number
}

const LACKING = `with s as (select oid from pg_namespace where nspname = '{schema}')
  select quote_ident(current_user) as role,
    case when exists (select from s where has_schema_privilege(oid, 'create')) then null
      when exists (select from s) then format('schema %I', '{schema}')
      when has_database_privilege(current_database(), 'create') then null
      else format('database %I', current_database()) end as place,
    (select count(*)::integer from s join pg_class c on c.relnamespace = s.oid and c.relkind = 'r'
      where c.relname = any($1::text[]) and not pg_has_role(c.relowner, 'usage')) as foreign`

/** Whether the role may apply the migrations that are missing; nothing where it may, or none is. */
export async function examineMigrating(session: Session, { pending }: SchemaState): Promise<Finding[]> {
  if (pending.length === 0) return []
  const [row] = await session.rows<Lacking>(LACKING, Object.keys(expected.tables))
  return row ? lackingFindings(row) : []
}

function lackingFindings({ role, place, foreign }: Lacking): Finding[] {
  const text = `${role} may not make the tables that are missing`
  if (foreign > 0) {
    const mend = "Run 'millhand migrate' with --store and a URL of their owner."
    return [fail('privileges', `${text}: ${foreign} that are there belong to another role`, mend)]
  }
  if (place === null) return []
  const mend = `As a role that may: grant create on ${place} to ${role}; or run 'millhand migrate' as that one.`
  return [fail('privileges', `${text}: it lacks create on ${place}`, mend)]
}
