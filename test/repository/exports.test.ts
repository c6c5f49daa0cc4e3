import { expect, test } from 'vitest'
import { codeFiles, filesLike, type RepositoryFile } from './reading/files.ts'
import { ENTRIES, exportsOf, type Import, importsOf } from './reading/modules.ts'
import { placeOf } from './reading/syntax.ts'

/** Read by name from every file of src, for docs/errors.md. */
const CATALOGUE = /^[a-z]+Errors$/

test('every exported name of src is used elsewhere or is of the package', () => {
  const uses = usesByFile()
  const problems = filesLike(/^src\/.*\.ts$/).flatMap((file) =>
    [...ENTRIES.values()].includes(file.path) ? [] : unusedOf(file, uses.get(file.path) ?? []),
  )
  expect(problems).toEqual([])
})

function unusedOf(file: RepositoryFile, uses: readonly Import[]): string[] {
  const declared = new Map(exportsOf(file).map((each) => [each.name, each]))
  return [...declared.values()]
    .filter(
      ({ name }) => !CATALOGUE.test(name) && !uses.some(({ names }) => names === '*' || names.includes(name)),
    )
    .map((each) => `${placeOf(file, each)} exports ${each.name}, and nobody imports it`)
}

/** Who imports each file. A file that only passes a name on does not use it, unless it is an entry of the package. */
function usesByFile(): Map<string, Import[]> {
  const entries = [...ENTRIES.values()]
  const uses = new Map<string, Import[]>()
  for (const file of codeFiles()) {
    for (const each of importsOf(file)) {
      if (each.exported && !entries.includes(file.path)) continue
      uses.set(each.target, [...(uses.get(each.target) ?? []), each])
    }
  }
  return uses
}
