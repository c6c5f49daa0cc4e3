import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { filesLike } from './reading/files.ts'

/** What only one database needs, and why. What stands in a folder below is not here: the folder says it. */
const ALONE = {
  sqlite: {
    access:
      'how its roles get at the file: database.ts in PostgreSQL, where connections are many, and come and go',
    connection: 'what runs a statement: session.ts in PostgreSQL',
    'own-writes': 'the file watch reports what this process has written itself',
    pieces: "it works in this process's own thread",
  },
  postgres: {
    database: 'access.ts in SQLite',
    session: 'connection.ts in SQLite',
    errands: 'only here can jobs be stored by functions of the database',
    inserts: 'finds the lanes before the transaction, and counts a queue in it',
    'job-values': 'each value of a job is a parameter, an array of those of many jobs',
    'lane-upkeep': 'lanes are pruned while others make them',
    lookup: 'a plan is kept, and is made before anybody knows how large the tables become',
    sql: "the clock is the server's, and a part of each statement",
    standing: 'a job stands in one of four tables',
  },
} as const

test('what the memory store does in a file, the others do in one of the same name', () => {
  const shared = filesOf('memory')
  expect(filesOf('sqlite')).toEqual(expect.arrayContaining(shared))
  expect(filesOf('postgres')).toEqual(expect.arrayContaining(shared))
})

test('the databases do the same in files of the same names, but for a few', () => {
  const [sqlite, postgres] = [filesOf('sqlite'), filesOf('postgres')]
  expect(sqlite.filter((file) => !postgres.includes(file))).toEqual(Object.keys(ALONE.sqlite).sort())
  expect(postgres.filter((file) => !sqlite.includes(file))).toEqual(Object.keys(ALONE.postgres).sort())
})

/** Those that stand in the folder itself. */
function filesOf(store: string): string[] {
  const files = filesLike(new RegExp(`^src/store/${store}/[^/]+\\.ts$`))
  return files.map(({ path }) => basename(path, '.ts')).sort()
}
