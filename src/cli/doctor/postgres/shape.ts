import type { Session } from '../../../store/postgres/session.ts'

/** What a schema is made of. */
export interface Shape {
  /** Each column of each table as one would declare it: `text collate "C" not null`. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By name, as one would create it, in a schema called `millhand`. */
  readonly indexes: Readonly<Record<string, string>>
  /** By name, with their type. */
  readonly sequences: Readonly<Record<string, string>>
}

const COLUMNS = `select c.relname as "table", a.attname as "column", concat_ws(' ',
    format_type(a.atttypid, a.atttypmod), case when l.collname <> 'default' then format('collate %I', l.collname) end,
    case when a.attnotnull then 'not null' end, case when a.attidentity <> '' then 'generated always as identity' end,
    'default ' || pg_get_expr(d.adbin, d.adrelid)) as declaration
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_collation l on l.oid = a.attcollation
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where n.nspname = '{schema}' and c.relkind in ('r', 'p') order by c.relname, a.attnum`

/** An index that could not be finished is there, and of no use. */
const INDEXES = `select c.relname as "index", pg_get_indexdef(c.oid) as declaration
  from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '{schema}' and i.indisvalid order by c.relname`

/** Those that belong to a column go with it. */
const SEQUENCES = `select c.relname as "sequence", format_type(s.seqtypid, null) as type
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = '{schema}'
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'i') order by c.relname`

/** Reads the shape of the schema from the catalogue: no right to its tables is needed for that. */
export async function readShape(session: Session): Promise<Shape> {
  const columns = await session.rows<{ table: string; column: string; declaration: string }>(COLUMNS)
  const indexes = await session.rows<{ index: string; declaration: string }>(INDEXES)
  const sequences = await session.rows<{ sequence: string; type: string }>(SEQUENCES)
  const tables: Record<string, Record<string, string>> = {}
  for (const { table, column, declaration } of columns) {
    tables[table] = { ...tables[table], [column]: declaration }
  }
  return {
    tables,
    indexes: Object.fromEntries(indexes.map(({ index, declaration }) => [index, inMillhand(declaration)])),
    sequences: Object.fromEntries(sequences.map(({ sequence, type }) => [sequence, type])),
  }
}

function inMillhand(declaration: string): string {
  return declaration.replace(/ ON ("[^"]+"|\w+)\./, ' ON millhand.')
}
