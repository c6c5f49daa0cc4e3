import type { Config } from '../config/index.ts'
import { pendingOf } from '../store/migration.ts'
import { kindOf } from '../store/url.ts'

/** What bringing a database to the newest version would do. */
export interface Upgrade {
  readonly version: number
  readonly newest: number
  /** With the SQL as it is run: in PostgreSQL the name of the schema is in it. */
  readonly pending: readonly { readonly version: number; readonly name: string; readonly sql: string }[]
}

/** Looks, and changes nothing. @throws MillhandError `store_newer`, `store_unavailable` */
export async function upgradeOf(config: Config): Promise<Upgrade> {
  const { state, scripts } =
    kindOf(config.store) === 'postgres' ? await inPostgres(config) : await inFile(config)
  const pending = pendingOf(state, config.location).map(({ version, name, sql }, index) => ({
    version,
    name,
    sql: scripts?.[index] ?? sql,
  }))
  return { version: state.version, newest: state.newest, pending }
}

async function inFile({ store }: Config) {
  const [{ schemaState }, { fileOf }] = await Promise.all([import('./database.ts'), import('./session.ts')])
  return { state: schemaState(fileOf(store) ?? ''), scripts: undefined }
}

async function inPostgres(config: Config) {
  const [{ whenDatabaseIsThere }, { schemaState, scriptOf }] = await Promise.all([
    import('./postgres.ts'),
    import('../store/postgres/migrate.ts'),
  ])
  return whenDatabaseIsThere(config, async ({ session, address }) => {
    const state = await schemaState(session)
    return { state, scripts: await scriptOf(state, address) }
  })
}
