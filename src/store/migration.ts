import { readdirSync, readFileSync } from 'node:fs'

/** A numbered step from one version of a schema to the next: `001_core.sql`. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** The migrations in a folder, in order. */
export function readMigrations(folder: URL): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      version: Number.parseInt(file, 10),
      name: file.replace(/\.sql$/, ''),
      sql: readFileSync(new URL(file, folder), 'utf8'),
    }))
}
