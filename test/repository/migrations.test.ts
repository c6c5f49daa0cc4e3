import { expect, test } from 'vitest'
import { numbered } from '../../src/store/migration.ts'
import { MIGRATIONS as POSTGRES } from '../../src/store/postgres/migrations/index.ts'
import { MIGRATIONS as SQLITE } from '../../src/store/sqlite/migrations/index.ts'
import { filesLike } from './reading/files.ts'

/** What stops the workers of the version before, or everybody for as long as it takes; and what to do instead. */
const BANNED: readonly (readonly [what: RegExp, instead: string])[] = [
  [/\bdrop\s+(table|column)\b/i, 'leave it until no version that is still about uses it'],
  [/\brename\b/i, 'add another one'],
  [/\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, 'add another column'],
  [/\bset\s+not\s+null\b/i, 'add a check that is not valid, and validate it in a migration of its own'],
  [/\bcreate\s+(unique\s+)?index\s+(?!concurrently\b)/i, 'create it concurrently, outside a transaction'],
]

const FOLDERS = [
  ['src/store/sqlite/migrations/', SQLITE],
  ['src/store/postgres/migrations/', POSTGRES],
] as const

test.each(
  FOLDERS,
)('every migration in %s is in its list, under the name of its file', (folder, migrations) => {
  const files = filesLike(/\/\d+_\w+\.ts$/).filter(({ path }) => path.startsWith(folder))
  expect(migrations.map(({ name }) => name)).toEqual(
    files.map(({ path }) => path.slice(folder.length, -'.ts'.length)).sort(),
  )
})

test.each(FOLDERS)('the list in %s has each migration once', (folder) => {
  const [list] = filesLike(/\/index\.ts$/).filter(({ path }) => path === `${folder}index.ts`)
  const names = [...(list?.text.matchAll(/'(\d+_\w+)':/g) ?? [])].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(0)
  expect(names).toEqual([...new Set(names)])
})

test('migrations that are not numbered from 1 without a gap, or not in order, are refused', () => {
  expect(numbered({ '001_a': 'a', '002_b': '-- outside a transaction' })).toEqual([
    { version: 1, name: '001_a', sql: 'a', alone: false },
    { version: 2, name: '002_b', sql: '-- outside a transaction', alone: true },
  ])
  for (const names of [['002_a'], ['001_a', '003_b'], ['002_b', '001_a'], ['001_a', '001_b'], ['core']]) {
    expect(() => numbered(Object.fromEntries(names.map((name) => [name, ''])))).toThrow('without a gap')
  }
})

test('SQLite knows no migration outside a transaction', () => {
  expect(SQLITE.filter(({ alone }) => alone)).toEqual([])
})

test('no migration of PostgreSQL but the first stops those that work', () => {
  const problems = POSTGRES.slice(1).flatMap(({ name, sql }) =>
    BANNED.filter(([what]) => what.test(sql)).map(([what, instead]) => `${name}: ${what}: ${instead}`),
  )
  expect(problems).toEqual([])
})
