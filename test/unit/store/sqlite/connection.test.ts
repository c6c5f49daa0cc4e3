import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { TransientError } from '../../../../src/store/errors.ts'
import { Connection } from '../../../../src/store/sqlite/connection.ts'

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

function open(name: string): Connection {
  const connection = new Connection(join(folder, name))
  connection.db.exec('create table if not exists notes (text text)')
  return connection
}

const write = (connection: Connection, text = 'x') => connection.run('insert into notes values (?)', text)

/** What a call throws. */
function thrown(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('rows are read as lists, however far, and the same statement again', () => {
  const connection = open('lists.db')
  for (const text of ['a', 'b', 'c']) write(connection, text)
  const sql = 'select rowid, text from notes where rowid > ? order by rowid'
  for (const row of connection.lists(sql, 0)) {
    expect(row).toEqual([1, 'a'])
    break
  }
  expect([...connection.lists(sql, 1)]).toEqual([
    [2, 'b'],
    [3, 'c'],
  ])
  connection.close()
})

test('statements of ever other texts do not pile up, and those that went work as before', () => {
  const connection = open('statements.db')
  write(connection)
  const first = connection.prepare('select 0 from notes')
  for (let number = 1; number < 1_000; number += 1) connection.get(`select ${number} from notes`)
  expect(connection.prepare('select 0 from notes')).not.toBe(first)
  expect(connection.prepare('select 999 from notes')).toBe(connection.prepare('select 999 from notes'))
  expect(connection.get('select 0 as zero from notes')).toEqual({ zero: 0 })
  connection.close()
})

test('a database that may not be written says store_read_only', () => {
  const connection = open('read-only.db')
  connection.db.exec('pragma query_only = on')
  expect(thrown(() => write(connection))).toMatchObject({
    code: 'store_read_only',
    facts: { location: connection.file },
  })
  expect(thrown(() => connection.write(true, () => write(connection)))).toMatchObject({
    code: 'store_read_only',
  })
  connection.close()
})

test('a file that cannot grow says store_full, keeps what it had, and goes on when it can', () => {
  const connection = open('full.db')
  write(connection, 'kept')
  connection.db.exec('pragma max_page_count = 1')
  const large = () =>
    connection.write(true, () => [write(connection, 'undone'), write(connection, 'y'.repeat(50_000))])
  expect(thrown(large)).toMatchObject({ code: 'store_full', facts: { location: connection.file } })
  expect(connection.all('select text from notes')).toEqual([{ text: 'kept' }])
  connection.db.exec('pragma max_page_count = 100000')
  large()
  expect(connection.get('select count(*) as count from notes')).toEqual({ count: 3 })
  connection.close()
})

test('a lock of somebody else is a passing fault', () => {
  const [one, other] = [open('locked.db'), open('locked.db')]
  one.begin(true)
  expect(thrown(() => other.begin(true))).toBeInstanceOf(TransientError)
  one.rollback()
  other.begin(true)
  write(other)
  other.commit()
  expect(one.get('select count(*) as count from notes')).toEqual({ count: 1 })
  one.close()
  other.close()
})

test('a folder that is not there says store_unavailable', () => {
  const error = thrown(() => new Connection(join(folder, 'nowhere', 'jobs.db')))
  expect(error).toMatchObject({
    code: 'store_unavailable',
    facts: { problem: expect.stringMatching(/open/) },
  })
})

test('what may only be opened where it is makes no file, whatever is in its name', () => {
  for (const name of ['gone.db', 'odd %20 #1?.db']) {
    const file = join(folder, name)
    const error = thrown(() => new Connection(file, { create: false }))
    expect(error).toMatchObject({ code: 'store_unavailable' })
    expect(existsSync(file)).toBe(false)
    open(name).close()
    const there = new Connection(file, { create: false })
    write(there)
    there.close()
  }
})

test('a mistake in a statement is nobody else’s: it comes as it is', () => {
  const connection = open('mistake.db')
  expect(thrown(() => connection.run('insert into nowhere values (1)'))).toMatchObject({
    message: 'no such table: nowhere',
  })
  connection.close()
  connection.close()
})
