import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, fail, ok } from '../finding.ts'
import expected from './schema.json' with { type: 'json' }

interface Missing {
  readonly object: string
  readonly privilege: string
}

/**
 * What a worker does to its tables. What was migrated, it only reads; an owner has everything. Others may have tables of
 * their own in the schema, which are none of its business.
 */
const MISSING = `with s as (select oid from pg_namespace where nspname = '{schema}')
  select format('schema %I', '{schema}') as object, 'usage' as privilege from s where not has_schema_privilege(oid, 'usage')
  union all
  select format('table %I', c.relname), p.privilege from s join pg_class c on c.relnamespace = s.oid and c.relkind = 'r'
    cross join unnest(array['select', 'insert', 'update', 'delete']) as p(privilege)
    where c.relname = any($1::text[]) and not has_table_privilege(c.oid, p.privilege) and (c.relname <> 'migrations' or p.privilege = 'select')
  union all
  select format('sequence %I', c.relname), 'usage' from s join pg_class c on c.relnamespace = s.oid
    where c.relkind = 'S' and c.relname = any($2::text[]) and not has_sequence_privilege(c.oid, 'usage')
  order by object, privilege`

/** Whether the role may do what a worker does. */
export async function examinePrivileges(session: Session): Promise<Finding> {
  const missing = await session.rows<Missing>(
    MISSING,
    ...[expected.tables, expected.sequences].map(Object.keys),
  )
  const [row] = await session.rows<{ role: string }>('select quote_ident(current_user) as role')
  const role = row?.role ?? ''
  if (missing.length === 0) return ok('privileges', `${role} may do what a worker does`)
  return fail('privileges', `${role} lacks ${summary(missing)}`, grants(role, missing))
}

/** Object by object: `delete, insert on table "jobs"`. */
function summary(missing: readonly Missing[]): string {
  const objects = [...new Set(missing.map(({ object }) => object))]
  const parts = objects.map((object) => {
    const privileges = missing.filter((each) => each.object === object).map(({ privilege }) => privilege)
    return `${privileges.join(', ')} on ${object}`
  })
  const shown = parts.slice(0, SHOWN_MAX).join('; ')
  return parts.length > SHOWN_MAX ? `${shown}; and ${parts.length - SHOWN_MAX} more` : shown
}

const SHOWN_MAX = 3

/** What is missing, and no more: as docs/postgres.md grants it. */
function grants(role: string, missing: readonly Missing[]): string {
  const statements = new Map<string, string[]>()
  for (const object of new Set(missing.map((each) => each.object))) {
    const privileges = missing.filter((each) => each.object === object).map(({ privilege }) => privilege)
    const [kind = '', name = ''] = object.split(' ')
    const begin = `grant ${privileges.join(', ')} on ${kind}`
    statements.set(begin, [
      ...(statements.get(begin) ?? []),
      kind === 'schema' ? '{schema}' : `millhand.${name}`,
    ])
  }
  const sql = [...statements].map(([begin, names]) => `${begin} ${names.join(', ')} to ${role};`)
  return `As the owner: ${sql.join(' ')}`
}
