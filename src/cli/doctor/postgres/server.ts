import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, fail, ok, warn } from '../finding.ts'

/** What Millhand is tested with. */
const OLDEST = 14
const NEWEST = 18

interface Server {
  /** `180004`. */
  readonly version: number
  readonly standby: boolean
  /** Transactions may not write unless they say so: a standby's, or by `default_transaction_read_only`. */
  readonly readOnly: boolean
  readonly encoding: string
  /** Settings by which a crash may lose what was acknowledged, as far as they are off. */
  readonly off: string
}

const SERVER = `select current_setting('server_version_num')::integer as version, pg_is_in_recovery() as standby,
  current_setting('transaction_read_only') = 'on' as "readOnly",
  current_setting('server_encoding') as encoding,
  coalesce((select string_agg(name, ', ' order by name) from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'), '') as off`

/** The server itself: its version, whether it can be written, and whether it keeps what it has acknowledged. */
export async function examineServer(session: Session): Promise<Finding[]> {
  const [server] = await session.rows<Server>(SERVER)
  return server ? checkServer(server) : []
}

export function checkServer({ version, standby, readOnly, encoding, off }: Server): Finding[] {
  const findings = [checkVersion(Math.floor(version / 10_000))]
  if (standby) findings.push(fail('server', 'it is a standby, which cannot be written', 'Name the primary.'))
  else if (readOnly) {
    const text = 'it cannot be written: default_transaction_read_only is on'
    findings.push(fail('server', text, 'Turn it off for the server, the database or the role that has it.'))
  }
  if (encoding !== 'UTF8') {
    const text = `the database stores texts as ${encoding}, which cannot hold every character`
    findings.push(fail('server', text, "Make one with encoding 'UTF8', and name that."))
  }
  if (off === '') return [...findings, ok('durability', 'what it has acknowledged is on its disk')]
  const mend = `Turn it on for this role or for the server: ${off}.`
  return [...findings, warn('durability', `${off}: off, so that a crash may lose acknowledged jobs`, mend)]
}

function checkVersion(major: number): Finding {
  const text = `PostgreSQL ${major}`
  if (major < OLDEST) return fail('server', `${text} is older than ${OLDEST}`, 'Upgrade the server.')
  if (major <= NEWEST) return ok('server', text)
  const mend = 'Look for a newer Millhand; most likely this one works all the same.'
  return warn('server', `${text} is newer than ${NEWEST}, the newest that was tested`, mend)
}
