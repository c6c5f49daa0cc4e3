import { expect, test } from 'vitest'
import { type Migration, toMigration } from '../../src/store/migration.ts'
import { filesLike } from './reading/files.ts'

/** What stops the workers of the version before, or everybody for as long as it takes; and what to do instead. */
const BANNED: readonly (readonly [what: RegExp, instead: string])[] = [
  [/\bdrop\s+(table|column)\b/i, 'leave it until no version that is still about uses it'],
  [/\brename\b/i, 'add another one'],
  [/\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, 'add another column'],
  [/\bset\s+not\s+null\b/i, 'add a check that is not valid, and validate it in a migration of its own'],
  [/\bcreate\s+(unique\s+)?index\s+(?!concurrently\b)/i, 'create it concurrently, outside a transaction'],
]

const FOLDERS = ['src/store/sqlite/migrations/', 'src/store/postgres/migrations/']

test.each(FOLDERS)('the migrations in %s are numbered without a gap', (folder) => {
  const versions = migrationsIn(folder).map(({ version }) => version)
  expect(versions).toEqual(versions.map((_, index) => index + 1))
})

test('SQLite knows no migration outside a transaction', () => {
  expect(migrationsIn(FOLDERS[0] ?? '').filter(({ alone }) => alone)).toEqual([])
})

test('no migration of PostgreSQL but the first stops those that work', () => {
  const problems = migrationsIn(FOLDERS[1] ?? '')
    .slice(1)
    .flatMap(({ name, sql }) =>
      BANNED.filter(([what]) => what.test(sql)).map(([what, instead]) => `${name}: ${what}: ${instead}`),
    )
  expect(problems).toEqual([])
})

function migrationsIn(folder: string): Migration[] {
  const files = filesLike(/\.sql$/).filter(({ path }) => path.startsWith(folder))
  return files.map(({ path, text }) => toMigration(path.slice(folder.length), text))
}
