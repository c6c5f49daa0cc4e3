import type { Config } from '../../../config/index.ts'
import { readSafely } from '../../../kit/brand.ts'
import { asError, isMillhandError } from '../../../kit/error.ts'
import type { Database } from '../../../store/postgres/database.ts'
import { schemaState } from '../../../store/postgres/migrate.ts'
import { inSchema } from '../../../store/postgres/session.ts'
import { withDatabase } from '../../postgres.ts'
import { type Finding, fail, ok } from '../finding.ts'
import { checkSchema } from '../schema.ts'
import { examineAutovacuum } from './autovacuum.ts'
import { examineClock } from './clock.ts'
import { examineConnections, examineFleet } from './connections.ts'
import { examineDrift } from './drift.ts'
import { examineMigrating } from './migrating.ts'
import { examinePrivileges } from './privileges.ts'
import { examineServer } from './server.ts'
import { examineSnapshots } from './snapshots.ts'

/** What is wrong with a PostgreSQL and the schema in it. Looks, and changes nothing. */
export async function examinePostgres(config: Config): Promise<Finding[]> {
  try {
    return await withDatabase(config, examineDatabase)
  } catch (error) {
    // It is the doctor who says so.
    const problem = asError(error).message.replace(/ 'millhand doctor' [^']*$/, '')
    return [fail('opens', problem, mendOf(error))]
  }
}

/** What PostgreSQL says of a wrong password, and of a role that it does not let in. */
const NO_LOGIN: readonly unknown[] = ['28P01', '28000']

/** What to do where the database cannot even be opened. */
export function mendOf(error: unknown): string {
  // No server was asked anything yet.
  if (isMillhandError(error) && error.code === 'driver_missing') return 'npm install pg'
  const code = isMillhandError(error) ? readSafely(error.cause, 'code') : undefined
  if (NO_LOGIN.includes(code)) return 'Mend the role and the password in the address of the store.'
  return 'Name another one with --store, start the server, or give the role its rights.'
}

async function examineDatabase(database: Database): Promise<Finding[]> {
  const { session, address } = database
  const findings = [
    ok('opens', address.location),
    ...(await examineServer(session)),
    await examineClock(session),
    await examineConnections(session),
    ...(await examineSnapshots(session)),
    await examinePrivileges(session),
  ]
  const ofTables = await examineTables(database, findings)
  // What it may not make comes in place of that it may do the rest.
  const isRefused = ofTables.some(({ check }) => check === 'privileges')
  const before = findings.filter(({ check }) => !(isRefused && check === 'privileges'))
  return [...before, ...ofTables].map(runnable(address.schema))
}

/** Which version it is stands in a table that the role has to be able to read. */
async function examineTables({ session }: Database, before: readonly Finding[]): Promise<readonly Finding[]> {
  const vacuum = await examineAutovacuum(session)
  const readable = !before.some(({ check, level }) => check === 'privileges' && level === 'fail')
  if (!readable) return [...vacuum, ...(await examineDrift(session))]
  const state = await schemaState(session)
  const drift = state.pending.length === 0 ? await examineDrift(session) : []
  const sound = state.pending.length === 0 && drift.every(({ level }) => level !== 'fail')
  const fleet = sound ? [await examineFleet(session)] : []
  return [...(await examineMigrating(session, state)), checkSchema(state), ...drift, ...vacuum, ...fleet]
}

/** What mends it can be run as it stands, with the name of the schema in it. */
function runnable(schema: string): (finding: Finding) => Finding {
  const named = (sql: string) => inSchema(sql, schema).replaceAll('{schema}', `"${schema}"`)
  return (finding) => (finding.mend === undefined ? finding : { ...finding, mend: named(finding.mend) })
}
