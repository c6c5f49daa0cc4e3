import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { checkDatabase, checkPlace } from '../../../../src/cli/doctor/file.ts'
import { checkHolders } from '../../../../src/cli/doctor/holders.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import { chmodAll, mountReadOnly, withoutRights } from '../../../support/read-only.ts'

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
chmodSync(folder, 0o755)
afterAll(() => rmSync(folder, { recursive: true }))

async function madeFile(name: string): Promise<string> {
  mkdirSync(join(folder, name))
  const file = join(folder, name, 'jobs.db')
  await (await openSqliteStore({ file })).close()
  return file
}

test('a process that has the file open as it was before it was deleted or replaced is named', async ({
  skip,
}) => {
  if (!existsSync('/proc/self/fd')) skip('this system does not list who has which file open')
  const file = await madeFile('held')
  const db = new DatabaseSync(file)
  db.prepare('select count(*) from sqlite_master').get()
  expect(checkHolders(file)).toEqual([])
  writeFileSync(`${file}.new`, '')
  renameSync(`${file}.new`, file)
  expect(checkHolders(file)).toMatchObject([
    {
      check: 'holders',
      level: 'fail',
      text: expect.stringContaining(`process ${process.pid} still has ${file} open`),
      mend: expect.stringContaining('store_replaced'),
    },
  ])
  db.close()
  expect(checkHolders(file)).toEqual([])
})

test('a read-only file system is named, and what is on it is examined all the same', async ({ skip }) => {
  const file = await madeFile('mounted')
  const unmount = mountReadOnly(join(folder, 'mounted'))
  if (!unmount) return skip('this process may not mount')
  try {
    const failed = checkPlace(file).filter(({ level }) => level === 'fail')
    expect(failed.map(({ check, text }) => `${check}: ${text}`)).toEqual([
      `file: ${file} cannot be written: its file system is read-only`,
      `folder: ${join(folder, 'mounted')} cannot be written: its file system is read-only`,
    ])
    expect(checkDatabase(file).map(({ level }) => level)).not.toContain('fail')
  } finally {
    unmount()
  }
})

test('a folder in place of the file is told so, once, with what to do', () => {
  const findings = [...checkPlace(folder), ...checkDatabase(folder)].filter(({ level }) => level !== 'ok')
  expect(findings).toEqual([
    { check: 'file', level: 'fail', text: `${folder} is a folder`, mend: 'Name a file in it with --store.' },
  ])
})

test('a file that may only be read is examined, and not taken for a damaged one', async () => {
  const file = await madeFile('locked')
  chmodAll(file, { file: 0o444, folder: 0o555 })
  const findings = await withoutRights(async () => checkDatabase(file))
  expect(findings.map(({ level }) => level)).not.toContain('fail')
  chmodAll(file, { file: 0o644, folder: 0o755 })
})
