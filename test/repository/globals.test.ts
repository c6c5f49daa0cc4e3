import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { codeFiles, filesLike, lineOf, type RepositoryFile } from './reading/files.ts'
import { importsOf } from './reading/modules.ts'
import { child, nameOf, parse, placeOf, type SyntaxNode, walk } from './reading/syntax.ts'

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate']
/** The machine's own time, turns and chance: src has them from kit, where a test can hold them still. */
const MACHINE = [
  ...TIMERS,
  'queueMicrotask',
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'AbortSignal.timeout',
]
const TIMER_MODULES = ['node:timers', 'node:timers/promises']

/** Tests that may wait on the machine's clock, each with the reason. */
const WAITING_TESTS: Readonly<Record<string, string>> = {
  'test/processes/pause.ts':
    'what happens to real processes at random lasts for a while; nothing fails by how long',
}

/** What a test would fail by on a busy machine: a time that it took, and limits for a quiet one. */
const STOPWATCHES = ['performance.now', 'process.hrtime', 'vi.setConfig', 'vi.waitFor', 'vi.waitUntil']
/** Tests that may use one, each with the reason. */
const TIMED_TESTS: Readonly<Record<string, string>> = {
  'test/processes/worker-process.ts': 'it keeps the event loop to itself for as long as it is told to',
}

/** Put together here, so that this file does not find itself. */
const LEFT_OVER = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3)].join('|')})\\b`)

test('outside kit, nothing of src asks the machine for time or chance', () => {
  const files = filesLike(/^src\/(?!kit\/).*\.ts$/)
  const problems = files.flatMap((file) => [
    ...usesOf(file, MACHINE, 'use the clock, the random or the turn of src/kit'),
    ...datesOfNow(file),
    ...timerImports(file),
  ])
  expect(problems).toEqual([])
})

test('no test waits on the real clock', () => {
  const files = filesLike(/^test\/.*\.ts$/).filter(({ path }) => !(path in WAITING_TESTS))
  const problems = files.flatMap((file) => [
    ...usesOf(file, TIMERS, 'wait for a signal or an event, or use the virtual clock'),
    ...realSleeps(file),
    ...timerImports(file),
  ])
  expect(problems).toEqual([])
})

test('what may wait on it is imported by the files beside it alone', () => {
  const problems = codeFiles().flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => target in WAITING_TESTS && dirname(target) !== dirname(file.path))
      .map(({ target, start }) => `${file.path}:${lineOf(file.text, start)} imports ${target}`),
  )
  expect(problems).toEqual([])
})

test('no test fails by the clock alone', () => {
  const files = filesLike(/^test\/.*\.ts$/).filter(({ path }) => !(path in TIMED_TESTS))
  const problems = files.flatMap((file) =>
    usesOf(file, STOPWATCHES, 'count rounds, statements or events; wait with expect.poll'),
  )
  expect(problems).toEqual([])
})

test('only what talks to a terminal writes to the console', () => {
  const problems = filesLike(/^(src\/(?!cli\/)|test\/).*\.ts$/).flatMap((file) =>
    usesOf(file, ['console'], 'use the logger'),
  )
  expect(problems).toEqual([])
})

test('what goes to a terminal goes through its door', () => {
  const problems = filesLike(/^src\/(?!cli\/output\.ts$).*\.ts$/).flatMap((file) =>
    usesOf(file, ['process.stdout', 'process.stderr', 'console'], 'use the Terminal of src/cli/terminal.ts'),
  )
  expect(problems).toEqual([])
})

test('nothing is typed any', () => {
  const problems = codeFiles().flatMap((file) =>
    nodesOf(file, (node) => node.type === 'TSAnyKeyword').map((node) => `${placeOf(file, node)}: any`),
  )
  expect(problems).toEqual([])
})

test('no comment silences the compiler, except where a test shows that it refuses', () => {
  const problems = codeFiles().flatMap((file) => {
    const silencer = file.path.startsWith('test/types/')
      ? /@ts-(ignore|nocheck)/
      : /@ts-(ignore|nocheck|expect-error)/
    const comments = parse(file).comments.filter(({ value }) => silencer.test(value))
    return comments.map((comment) => `${placeOf(file, comment)}: ${comment.value.trim()}`)
  })
  expect(problems).toEqual([])
})

test('no test is left out or runs alone', () => {
  const problems = filesLike(/^test\/.*\.ts$/).flatMap((file) =>
    nodesOf(file, isSwitchedTest).map(
      (node) => `${placeOf(file, node)}: .${nameOf(child(node, 'property'))}`,
    ),
  )
  expect(problems).toEqual([])
})

test('src keeps no state in its modules', () => {
  const problems = filesLike(/^src\/.*\.ts$/).flatMap((file) =>
    parse(file).body.flatMap((node) =>
      mutableState(child(node, 'declaration') ?? node).map((each) => placeOf(file, each)),
    ),
  )
  expect(problems).toEqual([])
})

test('nothing is left over to be done', () => {
  const problems = filesLike(/^(?!package-lock\.json$)/).flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index) => (LEFT_OVER.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
  expect(problems).toEqual([])
})

function nodesOf(
  file: RepositoryFile,
  fits: (node: SyntaxNode, parent: SyntaxNode | undefined) => boolean,
): SyntaxNode[] {
  const found: SyntaxNode[] = []
  walk(parse(file).body, (node, [parent]) => {
    if (fits(node, parent)) found.push(node)
  })
  return found
}

/** Uses of globals, such as `setTimeout` or `Date.now`, under their own name or as a property of `globalThis`. */
function usesOf(file: RepositoryFile, globals: readonly string[], advice: string): string[] {
  const found = nodesOf(
    file,
    (node, parent) => globals.includes(globalName(node)) && !isOnlyAName(node, parent),
  )
  return found.map((node) => `${placeOf(file, node)} uses ${globalName(node)}: ${advice}`)
}

function globalName(node: SyntaxNode): string {
  if (node.type !== 'MemberExpression') return nameOf(node.type === 'Identifier' ? node : undefined)
  const [object, property] = [nameOf(child(node, 'object')), nameOf(child(node, 'property'))]
  return object === 'globalThis' ? property : `${object}.${property}`
}

/** A property, a key or a type of the same name is somebody else's. */
function isOnlyAName(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (!parent || parent.computed === true) return false
  return parent.property === node || (parent.key === node && parent.shorthand !== true) || parent.id === node
}

function datesOfNow(file: RepositoryFile): string[] {
  const found = nodesOf(file, (node) => {
    const isDate = nameOf(child(node, 'callee')) === 'Date'
    return isDate && (node.type === 'CallExpression' || (node.arguments as unknown[]).length === 0)
  })
  return found.map((node) => `${placeOf(file, node)} uses the date of now: use the clock of src/kit`)
}

function timerImports(file: RepositoryFile): string[] {
  return importsOf(file)
    .filter(({ target }) => TIMER_MODULES.includes(target))
    .map(({ target, start }) => `${file.path}:${lineOf(file.text, start)} imports ${target}`)
}

function realSleeps(file: RepositoryFile): string[] {
  const found = nodesOf(file, (node) => {
    const [clock] = (node.arguments ?? []) as SyntaxNode[]
    return nameOf(child(node, 'callee')) === 'sleep' && nameOf(clock) === 'systemClock'
  })
  return found.map((node) => `${placeOf(file, node)} sleeps on the real clock`)
}

function isSwitchedTest(node: SyntaxNode): boolean {
  const isTest = /^(describe|it|test)$/.test(nameOf(child(node, 'object')))
  return isTest && /^(only|skip|todo|fails)$/.test(nameOf(child(node, 'property')))
}

/** Variables of a module that can change: `let`, and collections that are not declared to be read only. */
function mutableState(declaration: SyntaxNode): SyntaxNode[] {
  if (declaration.type !== 'VariableDeclaration') return []
  if (declaration.kind !== 'const') return [declaration]
  return (declaration.declarations as SyntaxNode[]).filter((each) => {
    const isCollection = /^(Weak)?(Map|Set)$/.test(nameOf(at(each, 'init', 'callee')))
    return (
      isCollection &&
      !nameOf(at(each, 'id', 'typeAnnotation', 'typeAnnotation', 'typeName')).startsWith('Readonly')
    )
  })
}

/** The node at the end of a path of fields. */
function at(node: SyntaxNode, ...fields: string[]): SyntaxNode | undefined {
  return fields.reduce<SyntaxNode | undefined>((found, field) => found && child(found, field), node)
}
