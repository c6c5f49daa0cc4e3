import { basename, dirname } from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { codeFiles, filesLike, lineOf, type RepositoryFile } from './reading/files.ts'
import { ENTRIES, type Import, importsOf } from './reading/modules.ts'

const CONTRACT = ['store', 'telemetry', 'job', 'kit']
const BELOW_CONFIG = ['worker', 'queue', 'maintenance', ...CONTRACT]

/** What each folder of src may import besides itself, lowest first. `store` is the contract alone. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  kit: [],
  job: ['kit'],
  telemetry: ['job', 'kit'],
  store: ['job', 'kit'],
  'store/memory': ['store', 'job', 'kit'],
  'store/sqlite': ['store', 'job', 'kit'],
  'store/postgres': ['store', 'job', 'kit'],
  queue: CONTRACT,
  maintenance: CONTRACT,
  worker: ['queue', 'maintenance', ...CONTRACT],
  config: BELOW_CONFIG,
  // For users: what turns the transactions of libraries into clients. Of the house it needs kit alone.
  postgres: ['kit'],
  testing: [...BELOW_CONFIG, 'config', 'store/memory'],
  index: [...BELOW_CONFIG, 'config'],
  cli: [...BELOW_CONFIG, 'config', 'testing', 'index', 'store/memory', 'store/sqlite', 'store/postgres'],
}

/** Types alone, which leave nothing behind when the program runs. */
const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = { telemetry: ['store'] }

/** What single files may import beyond their folder. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  // Wraps every store once with events, so that no store has to know of them.
  'src/store/instrument.ts': ['telemetry'],
  // Turns an address into a store: the one place that knows which stores there are.
  'src/queue/open.ts': ['store/memory', 'store/sqlite', 'store/postgres'],
}

/** Imports of src by files that ought to use the package as its users do: `file -> imported file`, and why. */
const INSIDERS: Readonly<Record<string, string>> = {}

const BUCKET = /^(utils?|helpers?|types|interfaces?|managers?|common|misc|shared|lib)$/

test('a folder of src imports only what is below it', () => {
  expect(filesLike(/^src\/.*\.ts$/).flatMap((file) => importsOf(file).flatMap(problemWith(file)))).toEqual([])
})

test('no files import each other in a circle, be it for their types alone', () => {
  expect(circles(importsByFile())).toEqual([])
})

test('what is not installed everywhere is loaded by `import()`, or by what a thread of its own begins with', () => {
  const sources = filesLike(/^src\/.*\.ts$/)
  const optional = Object.keys(manifest.peerDependenciesMeta)
  const needing = sources.filter((file) => loadsWith(file).some(({ target }) => optional.includes(target)))
  expect(needing).not.toEqual([])
  const problems = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ typeOnly, begins }) => !typeOnly && !begins)
      .filter(({ target }) => needing.some(({ path }) => path === target))
      .map(({ target, start }) => `${file.path}:${lineOf(file.text, start)} imports ${target}`),
  )
  expect(problems).toEqual([])
})

test('examples and benchmarks import the package by its name, as a user would', () => {
  const problems = filesLike(/^(examples|bench)\/.*\.ts$/).flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => target.startsWith('src/') && ![...ENTRIES.values()].includes(target))
      .filter(({ target }) => INSIDERS[`${file.path} -> ${target}`] === undefined)
      .map(
        ({ target, start }) => `${file.path}:${lineOf(file.text, start)} imports ${target}, not 'millhand'`,
      ),
  )
  expect(problems).toEqual([])
})

test('no file is a bucket, and no folder of src', () => {
  const problems = codeFiles().flatMap(({ path }) => {
    const folders = path.startsWith('src/') ? dirname(path).split('/') : []
    const names = [...folders, basename(path).replace(/(\.test)?\.ts$/, '')]
    return names.filter((name) => BUCKET.test(name)).map((name) => `${path}: '${name}' names no concept`)
  })
  expect(problems).toEqual([])
})

/** What cannot be loaded where one of these is missing. */
function loadsWith(file: RepositoryFile): Import[] {
  return importsOf(file).filter(
    ({ typeOnly, begins, start }) => !typeOnly && !begins && !file.text.startsWith('import(', start),
  )
}

/** What each file imports of the others; not what it starts a thread or a process with, which is another program. */
function importsByFile(): ReadonlyMap<string, readonly string[]> {
  const targets = (file: RepositoryFile) =>
    importsOf(file)
      .filter(({ begins }) => !begins)
      .map(({ target }) => target)
  return new Map(codeFiles().map((file) => [file.path, targets(file)]))
}

/** A file that has been left is in no circle that has not been found. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const left = new Set<string>()
  const follow = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    else if (!left.has(file)) {
      for (const target of imports.get(file) ?? []) follow(target, [...path, file])
      left.add(file)
    }
  }
  for (const file of imports.keys()) follow(file, [])
  return found
}

function problemWith(file: { readonly path: string; readonly text: string }) {
  return ({ target, typeOnly, start }: Import): string[] => {
    const place = `${file.path}:${lineOf(file.text, start)}`
    if (!target.startsWith('src/')) return []
    const [from, to] = [layerOf(file.path), layerOf(target)]
    if (from === to) return []
    const allowed = LAYERS[from]
    if (!allowed) return [`${place}: src/${from} is not in the table of layers of this test`]
    const open = [...allowed, ...(DOORS[file.path] ?? []), ...(typeOnly ? (TYPES_ONLY[from] ?? []) : [])]
    if (open.includes(to)) return []
    return [
      `${place} imports ${target}: ${from} may import ${allowed.join(', ') || 'nothing of src'}, not ${to}`,
    ]
  }
}

/** `src/store/sqlite/jobs.ts` is of `store/sqlite`, `src/store/jobs.ts` of `store`, `src/index.ts` of `index`. */
function layerOf(path: string): string {
  const [, folder = '', inner] = path.split('/')
  if (folder.endsWith('.ts')) return basename(folder, '.ts')
  const store = `${folder}/${inner}`
  return store in LAYERS ? store : folder
}
