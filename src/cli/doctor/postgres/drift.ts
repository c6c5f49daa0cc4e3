import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'
// What the migrations make; a test compares them.
import expected from './schema.json' with { type: 'json' }
import { readShape, type Shape } from './shape.ts'

/** Whether the tables are still what the migrations made of them. */
export async function examineDrift(session: Session): Promise<Finding[]> {
  return checkDrift(await readShape(session), expected)
}

/** What somebody has added does no harm, unless a job could not be written without it. */
function checkDrift(actual: Shape, wanted: Shape): Finding[] {
  const findings = [
    ...Object.keys(wanted.tables).flatMap((table) => checkTable(table, actual, wanted)),
    ...Object.keys(wanted.sequences)
      .filter((sequence) => !(sequence in actual.sequences))
      .map((sequence) => fail('tables', `sequence ${sequence} is missing`, MAKE_SEQUENCE(sequence))),
    ...checkIndexes(actual, wanted),
  ]
  return findings.length > 0 ? findings : [ok('tables', 'they are what the migrations made')]
}

const MAKE_SEQUENCE = (sequence: string) =>
  `create sequence millhand.${sequence}; select setval('millhand.${sequence}', (select coalesce(max(seq), 0) + 1 from millhand.jobs));`

function checkTable(table: string, actual: Shape, wanted: Shape): Finding[] {
  const columns = wanted.tables[table] ?? {}
  const found = actual.tables[table]
  if (!found) {
    const declared = Object.entries(columns).map(([column, declaration]) => `${column} ${declaration}`)
    const sql = `create table millhand.${table} (${declared.join(', ')});`
    return [fail('tables', `table ${table} is missing`, `Restore it from a backup. An empty one: ${sql}`)]
  }
  return [
    ...Object.entries(columns).flatMap(([column, declaration]) =>
      checkColumn({ table, column, declaration }, found[column]),
    ),
    ...Object.entries(found)
      .filter(([column, declaration]) => !(column in columns) && isRequired(declaration))
      .map(([column]) => {
        const mend = `alter table millhand.${table} alter column ${column} drop not null;`
        return fail('tables', `column ${table}.${column} is not Millhand's, and has to be filled`, mend)
      }),
  ]
}

interface Column {
  readonly table: string
  readonly column: string
  readonly declaration: string
}

function checkColumn({ table, column, declaration }: Column, found: string | undefined): Finding[] {
  if (found === declaration) return []
  const alter = `alter table millhand.${table}`
  if (found === undefined) {
    const mend = `Restore it from a backup. An empty one: ${alter} add column ${column} ${declaration};`
    return [fail('tables', `column ${table}.${column} is missing`, mend)]
  }
  const [type = ''] = declaration.split(/ (?:not null|generated|default)/)
  const nullable = declaration.includes('not null') ? 'set' : 'drop'
  const mend = `${alter} alter column ${column} type ${type}, alter column ${column} ${nullable} not null;`
  return [fail('tables', `column ${table}.${column} is '${found}', expected '${declaration}'`, mend)]
}

function isRequired(declaration: string): boolean {
  return /not null(?!.*(?:default|generated))/.test(declaration)
}

/** By what they do, whatever they are called: somebody may have made one anew. Those of missing tables go with them. */
function checkIndexes(actual: Shape, wanted: Shape): Finding[] {
  const there = new Set(Object.values(actual.indexes).map(nameless))
  return Object.entries(wanted.indexes)
    .filter(([, declaration]) => tableOf(declaration) in actual.tables && !there.has(nameless(declaration)))
    .map(([index, declaration]) => {
      const unique = declaration.startsWith('CREATE UNIQUE')
      const sql = declaration.replace(' INDEX ', ' INDEX CONCURRENTLY ')
      const mend = `drop index concurrently if exists millhand.${index}; ${sql};`
      const text = `index ${index} is missing or invalid`
      return unique
        ? fail('indexes', `${text}: jobs cannot be written without it`, mend)
        : warn('indexes', `${text}: claims read whole tables instead`, mend)
    })
}

function nameless(declaration: string): string {
  return declaration.replace(/ INDEX \S+ ON /, ' INDEX ON ')
}

function tableOf(declaration: string): string {
  return / ON millhand\.(\w+) /.exec(declaration)?.[1] ?? ''
}
