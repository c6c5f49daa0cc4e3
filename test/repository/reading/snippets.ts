import { lineOf, type RepositoryFile } from './files.ts'
import { type Declared, declaredBy } from './modules.ts'
import { child, nameOf, parse, type SyntaxNode, walk } from './syntax.ts'

/** A piece of TypeScript that stands in a document or in a docstring. */
export interface Snippet {
  /** The file that it stands in, and the line of its first line. */
  readonly path: string
  readonly line: number
  readonly code: string
  /** Why it need not be checked: it is a piece of something that is explained around it. */
  readonly fragment?: string
}

/** The import statement that makes a name known, by that name. */
export type Known = Map<string, string>

/** The blocks of a Markdown file that are tagged `ts`; `ts fragment: reason` leaves one out. */
export function blocksOf(document: RepositoryFile): Snippet[] {
  const blocks = document.text.matchAll(/^( *)```(?:ts|typescript)\b(.*)\n([\s\S]*?)^\1```/gm)
  return [...blocks].map(({ 1: indent = '', 2: tag = '', 3: code = '', index }) => {
    const fragment = fragmentReason(tag) ?? fragmentReason(code)
    return {
      path: document.path,
      line: lineOf(document.text, index) + 1,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      ...(fragment === undefined ? {} : { fragment }),
    }
  })
}

/** The reason after `fragment:`, '' where it is missing; `undefined` for a snippet that is whole. */
function fragmentReason(text: string): string | undefined {
  return /^(?:\/\/)? *fragment\b:? *(.*)/.exec(text.trimStart())?.[1]
}

/** The `@example` sections of a file's docstrings. */
export function examplesOf(file: RepositoryFile): Snippet[] {
  return [...file.text.matchAll(/^ *\/\*\*.*\n(?: *\*(?!\/).*\n)* *\*\//gm)].flatMap(
    ({ 0: docstring, index }) =>
      [...docstring.matchAll(/@example.*\n((?: *\*(?!\/|\s*@).*\n)+)/g)].map((example) => ({
        path: file.path,
        line: lineOf(file.text, index + example.index) + 1,
        code: (example[1] ?? '').replaceAll(/^ *\* ?/gm, '').replaceAll(/^```.*$/gm, ''),
      })),
  )
}

/**
 * A snippet as a module: what it uses and does not declare is imported in front of it, on the one line that is
 * added; what it declares is exported and goes into `known`, for the snippets after it.
 */
export function moduleOf(snippet: Snippet, name: string, known: Known): string {
  const { body, imported, declared, used } = namesIn(snippet)
  const header = used.flatMap((each) => known.get(each) ?? []).join('; ')
  for (const each of imported) known.set(each.name, each.statement)
  for (const each of declared) known.set(each.name, `import ${braced(each)} from './${name}'`)
  const exported = body.flatMap((node) => (child(node, 'declaration') ? [] : declaredBy(node)))
  return [header, snippet.code, ...exported.map((each) => `export ${braced(each)}`)].join('\n')
}

/**
 * What it uses of the snippets before it, though it is shown as a file: it says which one it is, and needs all that it uses; or
 * it has imports, and needs those of the others that it uses.
 */
export function borrowedBy(snippet: Snippet, known: Known): readonly string[] {
  const { imported, used } = namesIn(snippet)
  const isNamed = /^\/\/ \S+\.ts\b/.test(snippet.code)
  if (!isNamed && imported.length === 0) return []
  return used.filter((each) => known.has(each) && (isNamed || !known.get(each)?.includes(" from './")))
}

/** What a snippet imports, declares, and uses of neither. */
function namesIn({ path, line, code }: Snippet) {
  const { body } = parse({ path: `${path}:${line}`, text: code })
  const imported = body.flatMap(importedBy)
  const declared = body.flatMap((node) => declaredBy(child(node, 'declaration') ?? node))
  const own = new Set([...imported, ...declared].map((each) => each.name))
  const used = [...identifiersOf(body)].filter((each) => !own.has(each))
  return { body, imported, declared, used }
}

function braced({ name, typeOnly }: Declared): string {
  return typeOnly ? `type { ${name} }` : `{ ${name} }`
}

interface Imported {
  readonly name: string
  /** Imports this name alone. */
  readonly statement: string
}

function importedBy(node: SyntaxNode): Imported[] {
  if (node.type !== 'ImportDeclaration') return []
  const from = nameOf(child(node, 'source'))
  return (node.specifiers as SyntaxNode[]).map((specifier) => {
    const name = nameOf(child(specifier, 'local'))
    const keyword = node.importKind === 'type' || specifier.importKind === 'type' ? 'import type' : 'import'
    return { name, statement: `${keyword} ${clauseOf(specifier)} from '${from}'` }
  })
}

function clauseOf(specifier: SyntaxNode): string {
  const local = nameOf(child(specifier, 'local'))
  if (specifier.type === 'ImportDefaultSpecifier') return local
  if (specifier.type === 'ImportNamespaceSpecifier') return `* as ${local}`
  return `{ ${nameOf(child(specifier, 'imported'))} as ${local} }`
}

function identifiersOf(body: readonly SyntaxNode[]): Set<string> {
  const names = new Set<string>()
  walk(body, (node, [around]) => {
    if (node.type === 'Identifier' && !(around && isPartName(node, around))) names.add(nameOf(node))
  })
  return names
}

/** Whether it is the name of a part of something, as in `process.once` and `{ mail: url }`, rather than of a value. */
function isPartName(node: SyntaxNode, around: SyntaxNode): boolean {
  if (around.computed || around.shorthand) return false
  return around.type === 'MemberExpression' ? around.property === node : around.key === node
}
