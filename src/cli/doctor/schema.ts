import type { SchemaState } from '../../store/migration.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether the tables are of the version that this Millhand knows. */
export function checkSchema({ version, newest, pending }: SchemaState): Finding {
  if (version > newest) {
    const text = `the database is of version ${version}, this Millhand knows up to ${newest}`
    return fail('schema', text, 'Upgrade Millhand here.')
  }
  if (pending.length === 0) return ok('schema', `version ${version} is the newest`)
  const text = version === 0 ? 'there are no tables of Millhand yet' : `version ${version} of ${newest}`
  return warn('schema', text, "Run 'millhand migrate'; opening it with a worker does the same.")
}
