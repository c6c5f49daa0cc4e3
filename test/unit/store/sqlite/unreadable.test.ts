import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkDatabase, checkPlace } from '../../../../src/cli/doctor/file.ts'
import { openSqliteStore } from '../../../../src/store/sqlite/index.ts'
import { withoutRights } from '../../../support/read-only.ts'

/**
 * The system answers `access` by who has started the process, and tests change only in whose name it acts. As the live
 * bindings of whoever imports it: the modules are loaded before.
 */
const { accessSync } = fs
const asWhoActs = (path: fs.PathLike, mode?: number) => {
  if (mode === fs.constants.R_OK) fs.closeSync(fs.openSync(path, 'r'))
  else accessSync(path, mode)
}

function answerAccessBy(answer: typeof accessSync): void {
  fs.accessSync = answer
  syncBuiltinESMExports()
}

beforeAll(() => answerAccessBy(asWhoActs))
afterAll(() => answerAccessBy(accessSync))

const folder = fs.mkdtempSync(join(tmpdir(), 'millhand-'))
fs.chmodSync(folder, 0o755)
afterAll(() => fs.rmSync(folder, { recursive: true }))

/** A file of somebody else's, in a folder of its own. */
async function ofSomebody(name: string, modes: { file: number; folder: number }): Promise<string> {
  const file = join(folder, name, 'jobs.db')
  await (await openSqliteStore({ file })).close()
  fs.chmodSync(file, modes.file)
  fs.chmodSync(dirname(file), modes.folder)
  return file
}

const CASES = [
  ['a file', { file: 0o600, folder: 0o755 }],
  ['a folder', { file: 0o644, folder: 0o700 }],
] as const

for (const [what, modes] of CASES) {
  test(`${what} that may not be read says store_unreadable, and not that looking at it works`, async () => {
    const file = await ofSomebody(`open ${what}`, modes)
    const message = expect.stringMatching(/may not be read: .* Run as its owner/)
    const refused = { code: 'store_unreadable', facts: { location: file }, message }
    await withoutRights(() => expect(openSqliteStore({ file })).rejects.toMatchObject(refused))
    const beneath = join(dirname(file), 'deep', 'jobs.db')
    if (modes.folder === 0o700)
      await withoutRights(() =>
        expect(openSqliteStore({ file: beneath })).rejects.toMatchObject({ code: refused.code }),
      )
  })

  test(`the doctor says of ${what} that may not be read just that, and nothing of a backup`, async () => {
    const file = await ofSomebody(`doctor ${what}`, modes)
    await withoutRights(async () => {
      const text = `${file} may not be read by this user`
      expect(checkPlace(file)[0]).toMatchObject({ check: 'file', level: 'fail', text })
      expect(checkDatabase(file)).toEqual([])
    })
  })
}
