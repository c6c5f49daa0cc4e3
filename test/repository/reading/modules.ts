import { posix } from 'node:path'
import manifest from '../../../package.json' with { type: 'json' }
import { fileAt, type RepositoryFile } from './files.ts'
import { child, isNode, nameOf, parse, type SyntaxNode, walk } from './syntax.ts'

/** One module that a file names, in any of the ways that there are to name one. */
export interface Import {
  /** The path of a file of the repository, or the name of a package. */
  readonly target: string
  /** What is taken of it by name; `'*'`: everything, or what cannot be told. */
  readonly names: readonly string[] | '*'
  readonly typeOnly: boolean
  /** Passed on to whoever imports this file. */
  readonly exported: boolean
  /** Loaded by a thread or a process of its own, which begins with it. */
  readonly begins: boolean
  readonly start: number
}

type Conditions = Readonly<Record<string, string | object>>

/** The source files that the package offers, by the name under which it does. */
export const ENTRIES: ReadonlyMap<string, string> = new Map(
  Object.entries(manifest.exports).flatMap(([subpath, target]: [string, string | Conditions]) =>
    typeof target === 'string' ? [] : [[entryName(subpath), sourceOf(subpath, target)]],
  ),
)

function sourceOf(subpath: string, target: Conditions): string {
  const source = target['millhand-source']
  if (typeof source !== 'string')
    throw new Error(`package.json: the export '${subpath}' has no 'millhand-source'`)
  return source.replace('./', '')
}

function entryName(subpath: string): string {
  return posix.join(manifest.name, subpath)
}

export function importsOf(file: RepositoryFile): Import[] {
  const found: Import[] = []
  walk(parse(file).body, (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    found.push({
      target: resolve(file.path, specifier),
      names: namesTaken(node),
      typeOnly: isTypeOnly(node),
      exported: node.type.startsWith('Export'),
      begins: node.type === 'CallExpression',
      start: node.start,
    })
  })
  return found
}

function resolve(importer: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(importer), specifier)
  const entry = ENTRIES.get(specifier)
  if (entry !== undefined) return entry
  return specifier.startsWith('node:') ? specifier : packageName(specifier)
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The text that names a module: imports, re-exports, `import()`, types, and what threads and processes begin with. */
function specifierOf(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return nameOf(child(node, 'source')) || undefined
    case 'CallExpression':
      return siblingModule(node)
    default:
      return undefined
  }
}

/** The module that a thread or a process begins with, in `siblingModule(import.meta.url, './thread')`. */
function siblingModule(node: SyntaxNode): string | undefined {
  if (nameOf(child(node, 'callee')) !== 'siblingModule') return undefined
  const [, name] = node.arguments as SyntaxNode[]
  return `${nameOf(name)}.ts`
}

function namesTaken(node: SyntaxNode): readonly string[] | '*' {
  if (node.type === 'TSImportType') return isNode(node.qualifier) ? [firstName(node.qualifier)] : '*'
  if (!Array.isArray(node.specifiers)) return '*'
  const names = (node.specifiers as SyntaxNode[]).map((specifier) => {
    if (specifier.type === 'ImportDefaultSpecifier') return 'default'
    return nameOf(child(specifier, 'imported') ?? child(specifier, 'local'))
  })
  const whole = (node.specifiers as SyntaxNode[]).some((each) => each.type === 'ImportNamespaceSpecifier')
  return whole ? '*' : names
}

function firstName(qualifier: SyntaxNode): string {
  const left = child(qualifier, 'left')
  return left ? firstName(left) : nameOf(qualifier)
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = (node.specifiers ?? []) as SyntaxNode[]
  return specifiers.length > 0 && specifiers.every((each) => (each.importKind ?? each.exportKind) === 'type')
}

/** A name that a file declares and exports. */
export interface Declared {
  readonly name: string
  readonly typeOnly: boolean
  readonly start: number
}

/** What a file declares and exports itself. */
export function exportsOf(file: RepositoryFile): Declared[] {
  return parse(file).body.flatMap((node) => {
    if (node.type === 'ExportDefaultDeclaration')
      return [{ name: 'default', typeOnly: false, start: node.start }]
    if (node.type !== 'ExportNamedDeclaration' || isNode(node.source)) return []
    const declaration = child(node, 'declaration')
    return declaration ? declaredBy(declaration) : listedBy(node)
  })
}

/** What importers of a file get: what it declares and what it passes on. */
export function offeredBy(file: RepositoryFile): Declared[] {
  const passedOn = parse(file).body.flatMap((node) => {
    const specifier = node.type.startsWith('Export') ? specifierOf(node) : undefined
    if (specifier === undefined) return []
    return node.type === 'ExportNamedDeclaration'
      ? listedBy(node)
      : offeredBy(fileAt(resolve(file.path, specifier)))
  })
  return [...exportsOf(file), ...passedOn]
}

function listedBy(node: SyntaxNode): Declared[] {
  return (node.specifiers as SyntaxNode[]).map((each) => ({
    name: nameOf(child(each, 'exported')),
    typeOnly: node.exportKind === 'type' || each.exportKind === 'type',
    start: each.start,
  }))
}

/** The names that a statement declares; none for one that is not a declaration. */
export function declaredBy(node: SyntaxNode): Declared[] {
  const typeOnly = /^TS(Interface|TypeAlias)Declaration$/.test(node.type)
  const declarators = node.type === 'VariableDeclaration' ? (node.declarations as SyntaxNode[]) : []
  const ids = [child(node, 'id'), ...declarators.map((each) => child(each, 'id'))]
  return ids.flatMap((id) => (id ? boundBy(id) : [])).map((name) => ({ name, typeOnly, start: node.start }))
}

/** The names that a pattern binds: `{ a, b: [c] }` binds a and c. */
function boundBy(pattern: SyntaxNode): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern)]
    case 'ObjectPattern':
      return (pattern.properties as SyntaxNode[]).flatMap((each) => boundBy(child(each, 'value') ?? each))
    case 'ArrayPattern':
      return (pattern.elements as unknown[]).filter(isNode).flatMap(boundBy)
    case 'AssignmentPattern':
      return isNode(pattern.left) ? boundBy(pattern.left) : []
    case 'RestElement':
      return isNode(pattern.argument) ? boundBy(pattern.argument) : []
    default:
      return []
  }
}
