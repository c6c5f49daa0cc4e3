import { parseSync } from 'rolldown/utils'
import { lineOf, type RepositoryFile } from './files.ts'

/** A node of the syntax tree (ESTree with TypeScript), read without its exact type: a walk meets every kind. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export interface Comment {
  readonly value: string
  readonly start: number
}

export interface Syntax {
  readonly body: readonly SyntaxNode[]
  readonly comments: readonly Comment[]
}

/** Several tests of one file look at the same files. */
const parsed = new WeakMap<RepositoryFile, Syntax>()

/** Parses a TypeScript file; one that does not parse fails whichever test looks at it. */
export function parse(file: RepositoryFile): Syntax {
  const known = parsed.get(file)
  if (known) return known
  const { program, comments, errors } = parseSync(file.path, file.text, { lang: 'ts', sourceType: 'module' })
  const [error] = errors
  if (error) throw new Error(`${file.path} does not parse: ${error.message}`)
  const syntax = { body: program.body as unknown as SyntaxNode[], comments }
  parsed.set(file, syntax)
  return syntax
}

/** Calls `visit` for every node below `nodes`, outer ones first, with those that it stands in, nearest first. */
export function walk(
  nodes: readonly SyntaxNode[],
  visit: (node: SyntaxNode, around: readonly SyntaxNode[]) => void,
  around: readonly SyntaxNode[] = [],
): void {
  for (const node of nodes) {
    visit(node, around)
    const inner = children(node)
    if (inner.length > 0) walk(inner, visit, [node, ...around])
  }
}

/** Field by field, and not by lists of them all: a run of the tests asks this of some ten million nodes. */
export function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (const field in node) {
    const value = node[field]
    if (Array.isArray(value)) found.push(...value.filter(isNode))
    else if (isNode(value)) found.push(value)
  }
  return found
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** The node in a field, where there is one. */
export function child(node: SyntaxNode, field: string): SyntaxNode | undefined {
  const value = node[field]
  return isNode(value) ? value : undefined
}

/** The name of an identifier, the value of a text; '' for anything else. */
export function nameOf(node: SyntaxNode | undefined): string {
  if (node?.type === 'Identifier' || node?.type === 'PrivateIdentifier') return String(node.name)
  return node?.type === 'Literal' ? String(node.value) : ''
}

/** Where a node stands, as `path:line`. */
export function placeOf(file: RepositoryFile, node: { readonly start: number }): string {
  return `${file.path}:${lineOf(file.text, node.start)}`
}
