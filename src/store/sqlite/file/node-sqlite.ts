import type * as Sqlite from 'node:sqlite'

/**
 * Asked for when it is run, and not by an import: a bundler puts the imports of all modules before everything else, so that
 * an old Node would end with `ERR_UNKNOWN_BUILTIN_MODULE` before it is told that it is too old (kit/require-node.ts).
 */
const sqlite: typeof Sqlite = process.getBuiltinModule('node:sqlite')

export const DatabaseSync = sqlite.DatabaseSync
export type DatabaseSync = Sqlite.DatabaseSync
