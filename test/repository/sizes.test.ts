import { expect, test } from 'vitest'
import { codeFiles, lineOf, type RepositoryFile } from './reading/files.ts'
import { child, nameOf, parse, placeOf, type SyntaxNode, walk } from './reading/syntax.ts'

/** Lines. What src has to keep; the rest of the repository may go up to the hard caps. */
const TARGET = { file: 250, function: 40 }
const HARD = { file: 400, function: 70 }
const PARAMETERS_MAX = 3

/** Files (`path`) and functions (`path name`) that may be larger, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {}

test('no file is longer than its cap', () => {
  const problems = codeFiles().flatMap((file) => {
    const lines = lineOf(file.text, file.text.length) - 1
    const cap = capsOf(file).file
    return lines > cap && !(file.path in EXCEPTIONS)
      ? [`${file.path} has ${lines} lines, at most ${cap}`]
      : []
  })
  expect(problems).toEqual([])
})

test('no function is longer than its cap', () => {
  const problems = codeFiles().flatMap((file) => {
    const cap = capsOf(file).function
    return functionsOf(file)
      .filter(({ lines, name }) => lines > cap && !(`${file.path} ${name}` in EXCEPTIONS))
      .map(({ place, name, lines }) => `${place} ${name} has ${lines} lines, at most ${cap}`)
  })
  expect(problems).toEqual([])
})

test('no function takes more than three parameters', () => {
  const problems = codeFiles().flatMap((file) =>
    functionsOf(file)
      .filter(({ parameters }) => parameters > PARAMETERS_MAX)
      .map(({ place, name, parameters }) => `${place} ${name} takes ${parameters} parameters`),
  )
  expect(problems).toEqual([])
})

function capsOf(file: RepositoryFile): typeof HARD {
  return file.path.startsWith('src/') ? TARGET : HARD
}

interface FoundFunction {
  readonly name: string
  readonly place: string
  readonly lines: number
  readonly parameters: number
}

function functionsOf(file: RepositoryFile): FoundFunction[] {
  const found: FoundFunction[] = []
  const isTest = file.path.startsWith('test/')
  walk(parse(file).body, (node, [parent]) => {
    const body = child(node, 'body')
    if (!isFunction(node) || !body || (isTest && holdsCases(body))) return
    found.push({
      name: nameOf(child(node, 'id')) || nameFrom(parent),
      place: placeOf(file, node),
      lines: lineOf(file.text, node.end) - lineOf(file.text, node.start) + 1,
      parameters: (node.params as SyntaxNode[]).filter((each) => nameOf(each) !== 'this').length,
    })
  })
  return found
}

/** What a function without a name of its own is called after: the method, the variable, the call it is passed to. */
function nameFrom(parent: SyntaxNode | undefined): string {
  if (!parent) return 'function'
  const callee = nameOf(child(parent, 'callee'))
  return nameOf(child(parent, 'key') ?? child(parent, 'id')) || (callee && `${callee}(…)`) || 'function'
}

/** Whether a function is a list of test cases: then the cases are measured, each by itself, not the list. */
function holdsCases(body: SyntaxNode): boolean {
  let found = false
  walk([body], (node, around) => {
    const isCase = node.type === 'CallExpression' && /^(describe|it|test)$/.test(rootOf(node))
    if (isCase && !around.some(isFunction)) found = true
  })
  return found
}

function isFunction(node: SyntaxNode): boolean {
  return /^(Function|ArrowFunction)/.test(node.type)
}

/** The name that a call begins with: `test` in `test.each(rows)('…', run)`. */
function rootOf(node: SyntaxNode): string {
  const inner = child(node, 'callee') ?? child(node, 'object')
  return inner ? rootOf(inner) : nameOf(node)
}
