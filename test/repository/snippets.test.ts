import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { exists, fileAt, filesLike, type RepositoryFile, ROOT } from './reading/files.ts'
import { type Declared, ENTRIES, exportsOf, offeredBy } from './reading/modules.ts'
import { blocksOf, borrowedBy, examplesOf, type Known, moduleOf, type Snippet } from './reading/snippets.ts'

/** Ignored by git, and inside the repository, so that the snippets find what its code finds. */
const FOLDER = 'node_modules/.cache/millhand-docs'

const DOCUMENTS = filesLike(/^(README\.md|docs\/.*\.md)$/)
const SOURCES = filesLike(/^src\/.*\.ts$/)

/** The snippet that each module was made of. */
const modules = new Map<string, Snippet>()
const diagnostics: string[] = []
/** What a snippet uses and does not import, though it is shown as a file. */
const borrowed: string[] = []

beforeAll(() => {
  rmSync(ROOT + FOLDER, { recursive: true, force: true })
  write('package.json', JSON.stringify({ type: 'module' }))
  write('tsconfig.json', JSON.stringify(configuration()))
  for (const document of DOCUMENTS) {
    const known: Known = new Map()
    writeModules(document, blocksOf(document), () => known)
  }
  const names = namesOfPackage()
  for (const file of SOURCES)
    writeModules(file, examplesOf(file), () => new Map([...names, ...namesOfFile(file)]))
  diagnostics.push(...compile())
})

test('every TypeScript block of the README and the docs type-checks', () => {
  expect(diagnostics.filter((line) => /\.md:/.test(line))).toEqual([])
})

test('a block that is shown as a file imports all that it uses', () => {
  expect(borrowed).toEqual([])
})

test('every example in a docstring type-checks', () => {
  expect(diagnostics.filter((line) => /\.ts:/.test(line))).toEqual([])
})

test('a block that is not checked says why', () => {
  const unexplained = DOCUMENTS.flatMap(blocksOf).filter(({ fragment }) => fragment === '')
  expect(unexplained.map(({ path, line }) => `${path}:${line}`)).toEqual([])
})

/** Writes a file's snippets as modules; what one declares, the next ones of the same `known` may use. */
function writeModules(
  file: RepositoryFile,
  snippets: readonly Snippet[],
  knownTo: (snippet: Snippet) => Known,
): void {
  const taken = new Set<string>()
  for (const snippet of snippets) {
    if (snippet.fragment !== undefined) continue
    const name = moduleName(snippet, taken)
    taken.add(name)
    const path = join(file.path, name)
    modules.set(path, snippet)
    const known = knownTo(snippet)
    if (file.path.endsWith('.md'))
      borrowed.push(...borrowedBy(snippet, known).map((each) => `${file.path}:${snippet.line}: ${each}`))
    write(path, moduleOf(snippet, name, known))
  }
}

/** A snippet that begins with `// jobs.ts` is that file, for the others to import; the rest are named by their line. */
function moduleName({ code, line }: Snippet, taken: ReadonlySet<string>): string {
  const named = /^\/\/ (?:.*\/)?([\w.-]+\.ts)\b/.exec(code)?.[1]
  return named === undefined || taken.has(named) ? `line-${line}.ts` : named
}

/** What every docstring may use without importing it: the names of the package, and the schema library of the docs. */
function namesOfPackage(): Known {
  const names: Known = new Map([['z', "import { z } from 'zod'"]])
  for (const [entry, path] of ENTRIES) {
    if (!exists(path)) continue
    for (const each of offeredBy(fileAt(path))) names.set(each.name, statement(each, entry))
  }
  return names
}

function namesOfFile(file: RepositoryFile): Known {
  const path = relative(join(ROOT, FOLDER, file.path), join(ROOT, file.path))
  return new Map(exportsOf(file).map((each) => [each.name, statement(each, path)]))
}

function statement({ name, typeOnly }: Declared, from: string): string {
  return `import ${typeOnly ? 'type ' : ''}{ ${name} } from '${from}'`
}

/** Compiles all modules at once; gives what is wrong in terms of the files that the snippets stand in. */
function compile(): string[] {
  const { stdout } = spawnSync(`${ROOT}node_modules/.bin/tsc`, ['--project', FOLDER, '--pretty', 'false'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  // An error without a file is about the configuration, and then nothing was checked.
  const fatal = /^error .*$/m.exec(stdout)
  if (fatal) throw new Error(fatal[0])
  return stdout.split('\n').flatMap((line) => {
    const [, path = '', row, message] = /^(.+?)\((\d+),\d+\): error (.*)$/.exec(line) ?? []
    const snippet = modules.get(relative(FOLDER, path))
    return snippet ? [`${snippet.path}:${snippet.line + Number(row) - 2}: ${message}`] : []
  })
}

function configuration(): object {
  return {
    extends: '../../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, moduleDetection: 'force' },
    include: ['**/*.ts'],
    exclude: [],
  }
}

function write(path: string, text: string): void {
  const target = join(ROOT, FOLDER, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
}
