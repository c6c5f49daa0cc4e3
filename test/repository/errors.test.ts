import { expect, test } from 'vitest'
import { fileAt, filesLike, ROOT } from './reading/files.ts'
import { exportsOf } from './reading/modules.ts'

const DOCUMENT = 'docs/errors.md'

/** The code in `jobError('queue_full', …)`. */
const RAISED = /(?<=(?:Error|raise)\(\s*')[a-z_]+(?=')/g

test('docs/errors.md has a row for every error code, and for no other', async () => {
  const [codes, documented] = [await codesOfSource(), codesOfDocument()]
  expect({
    missing: [...codes]
      .filter(([code]) => !documented.includes(code))
      .map(([code, where]) => `${code} (${where})`),
    unknown: documented.filter((code) => !codes.has(code)),
    repeated: documented.filter((code, index) => documented.indexOf(code) < index),
  }).toEqual({ missing: [], unknown: [], repeated: [] })
})

test('no code stands in two catalogues', async () => {
  const places = (await cataloguesOfSource()).flatMap(({ name, codes }) =>
    codes.map((code) => ({ code, name })),
  )
  const repeated = places.filter(({ code, name }) =>
    places.some((each) => each.code === code && each.name !== name),
  )
  expect(repeated).toEqual([])
})

test('every code is raised somewhere', async () => {
  const raised = new Set(filesLike(/^src\/.*\.ts$/).flatMap(({ text }) => text.match(RAISED) ?? []))
  expect([...(await codesOfSource()).keys()].filter((code) => !raised.has(code))).toEqual([])
})

/** Every code, with the file that its catalogue is in. */
async function codesOfSource(): Promise<Map<string, string>> {
  const catalogues = await cataloguesOfSource()
  return new Map(catalogues.flatMap(({ path, codes }) => codes.map((code): [string, string] => [code, path])))
}

interface Catalogue {
  readonly name: string
  readonly path: string
  readonly codes: readonly string[]
}

/** The catalogues of src: what is exported as `somethingErrors`. */
async function cataloguesOfSource(): Promise<Catalogue[]> {
  const declared = filesLike(/^src\/.*\.ts$/).flatMap((file) =>
    exportsOf(file).flatMap(({ name }) => (/^[a-z]+Errors$/.test(name) ? [{ name, path: file.path }] : [])),
  )
  return Promise.all(
    declared.map(async ({ name, path }) => {
      const module: Record<string, object> = await import(ROOT + path)
      return { name, path, codes: Object.keys(module[name] ?? {}) }
    }),
  )
}

/** The codes of the document: each row of its tables begins with one. */
function codesOfDocument(): string[] {
  return [...fileAt(DOCUMENT).text.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, code = '']) => code)
}
