import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, fail, ok } from '../finding.ts'

interface Autovacuum {
  /** Settings of the server that it needs and that are off. */
  readonly off: string
  /** Tables that have it switched off for themselves, quoted and with their schema. */
  readonly tables: readonly string[]
}

const SETTINGS_OFF = `select coalesce(string_agg(name, ', ' order by name), '') as off from pg_settings
  where name in ('autovacuum', 'track_counts') and setting = 'off'`

const TABLES_OFF = `select format('%I.%I', n.nspname, c.relname) as "table"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '{schema}' and exists (
    select from pg_options_to_table(c.reloptions) where option_name = 'autovacuum_enabled' and not option_value::boolean
  ) order by c.relname`

/** Every job leaves dead rows behind: where nobody removes them, claims become slower from day to day. */
export async function examineAutovacuum(session: Session): Promise<Finding[]> {
  const [settings] = await session.rows<{ off: string }>(SETTINGS_OFF)
  const tables = await session.rows<{ table: string }>(TABLES_OFF)
  return checkAutovacuum({ off: settings?.off ?? '', tables: tables.map(({ table }) => table) })
}

export function checkAutovacuum({ off, tables }: Autovacuum): Finding[] {
  const findings = tables.map((table) => {
    const mend = `alter table ${table} reset (autovacuum_enabled);`
    return fail('autovacuum', `it is off for ${table}, which will only grow`, mend)
  })
  if (off !== '') {
    const mend = off
      .split(', ')
      .map((setting) => `alter system set ${setting} = on;`)
      .join(' ')
    findings.push(
      fail('autovacuum', `${off}: off, so that tables will only grow`, `${mend} select pg_reload_conf();`),
    )
  }
  return findings.length > 0 ? findings : [ok('autovacuum', 'on')]
}
