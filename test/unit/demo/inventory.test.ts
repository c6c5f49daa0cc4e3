import { describe, expect, test } from 'vitest'
import { audit } from '../../../examples/demo/library/audit.ts'
import { removeDocuments, totals } from '../../../examples/demo/library/documents.ts'
import {
  countFiles,
  forgetVanished,
  nextRun,
  noteFound,
  noteJobs,
} from '../../../examples/demo/library/inventory.ts'
import type { Library } from '../../../examples/demo/library/library.ts'
import { add, libraries } from './libraries.ts'

const fileAt = (path: string, size = 1) => ({ path, size, modifiedMs: 1_763_974_812_345 })
const clean = { lost: 0, duplicates: 0, unexpected: 0 }

/** In a transaction, as the demo does it: a table can only be claimed in one. */
async function note(library: Library, run: number, files: readonly ReturnType<typeof fileAt>[]) {
  await library.database.execute('begin')
  const needed = await noteFound(library, run, files)
  await library.database.execute('commit')
  return needed.map(({ path }) => path)
}

describe.each(libraries)('on %s', (_, emptyLibrary) => {
  /** Three files of a first run, the last of them skipped. */
  async function threeFiles(): Promise<Library> {
    const library = await emptyLibrary()
    await note(
      library,
      1,
      ['/a', '/b', '/empty'].map((path) => fileAt(path)),
    )
    await noteJobs(
      library,
      ['/a', '/b', '/empty'].map((path) => ({ path, id: `job-${path}` })),
    )
    await library.database.execute(`update files set state = 'skipped' where path = '/empty'`)
    return library
  }

  test('an index with every file once is clean', async () => {
    const library = await threeFiles()
    await add(library, '/a', 'one', 'two')
    await add(library, '/b', 'three')
    expect(await audit(library, 1)).toEqual(clean)
  })

  test('a file that never arrived is lost', async () => {
    const library = await threeFiles()
    await add(library, '/a', 'one')
    expect(await audit(library, 1)).toEqual({ ...clean, lost: 1 })
  })

  test('a file of which a passage is missing is lost', async () => {
    const library = await threeFiles()
    await add(library, '/a', 'one', 'two')
    await add(library, '/b', 'three')
    await library.database.execute(`delete from passages where text = 'two'`)
    expect(await audit(library, 1)).toEqual({ ...clean, lost: 1 })
  })

  test('a document that was written again counts as a duplicate each time', async () => {
    const library = await threeFiles()
    await add(library, '/b', 'three')
    for (let time = 0; time < 3; time += 1) await add(library, '/a', 'one', 'two')
    expect(await audit(library, 1)).toEqual({ ...clean, duplicates: 2 })
  })

  test('text of a file that was skipped or failed is unexpected', async () => {
    const library = await threeFiles()
    for (const path of ['/a', '/b', '/empty']) await add(library, path, 'one')
    expect(await audit(library, 1)).toEqual({ ...clean, unexpected: 1 })
  })

  test('the next run needs what is new, changed or never came into the index', async () => {
    const library = await threeFiles()
    await add(library, '/a', 'one')
    await add(library, '/b', 'two')
    expect(await nextRun(library)).toBe(2)
    const found = [fileAt('/a'), fileAt('/b', 2), fileAt('/empty'), fileAt('/new')]
    expect(await note(library, 2, found)).toEqual(['/b', '/new'])
    expect(await countFiles(library, 2)).toBe(4)
    expect(await totals(library)).toMatchObject({ documents: 1 })
  })

  test('what has vanished below the folder leaves the index', async () => {
    const library = await threeFiles()
    await note(library, 1, [fileAt('/other/c')])
    for (const path of ['/a', '/b', '/other/c']) await add(library, path, 'one')
    expect(await note(library, 2, [fileAt('/a')])).toEqual([])
    expect(await forgetVanished(library, 2, '/other')).toBe(1)
    expect(await forgetVanished(library, 2, '/')).toBe(2)
    expect(await totals(library)).toMatchObject({ documents: 1 })
  })

  test('a path may be as long as systems allow, and in any script', async () => {
    const library = await emptyLibrary()
    const path = `/${Array.from({ length: 1_300 }, (_, number) => String.fromCodePoint(0x4e00 + number * 7)).join('')}`
    expect(await note(library, 1, [fileAt(path)])).toEqual([path])
    await add(library, path, 'one')
    expect(await audit(library, 1)).toEqual(clean)
    await removeDocuments(library, [path])
    expect(await audit(library, 1)).toEqual({ ...clean, lost: 1 })
  })
})
