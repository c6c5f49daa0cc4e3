import { exists, fileAt, filesLike, type RepositoryFile } from './files.ts'
import { importsOf } from './modules.ts'
import { child, isNode, nameOf, parse, type SyntaxNode } from './syntax.ts'

/** A value that is written down in a file: a number, a text, or an object of such. */
export type Value = number | string | boolean | { readonly [name: string]: Value | undefined }

/** A constant of a file: what it is called, and what it comes to. */
export interface Constant {
  readonly path: string
  readonly name: string
  readonly value: Value
}

/** The constants at the top of the sources whose value stands there, sums and products of others included. */
export function constantsOf(path: RegExp): Constant[] {
  return filesLike(path).flatMap((file) =>
    constNodes(file).flatMap(([name, node]) => {
      const value = evaluate(node, file)
      return value === undefined ? [] : [{ path: file.path, name, value }]
    }),
  )
}

/** What is declared by `const` at the top of a file, with what it is set to. */
export function constNodes(file: RepositoryFile): (readonly [name: string, node: SyntaxNode])[] {
  return parse(file).body.flatMap((statement) => {
    const declaration = child(statement, 'declaration') ?? statement
    if (declaration.type !== 'VariableDeclaration') return []
    return (declaration.declarations as SyntaxNode[]).flatMap((declarator) => {
      const node = child(declarator, 'init')
      return node ? [[nameOf(child(declarator, 'id')), unwrapped(node)] as const] : []
    })
  })
}

/** Without what only the compiler reads, and without `Object.freeze`. */
export function unwrapped(node: SyntaxNode): SyntaxNode {
  const inner = /^TS(As|Satisfies)Expression$/.test(node.type) ? child(node, 'expression') : frozen(node)
  return inner ? unwrapped(inner) : node
}

function frozen(node: SyntaxNode): SyntaxNode | undefined {
  const callee = node.type === 'CallExpression' ? child(node, 'callee') : undefined
  if (!callee || nameOf(child(callee, 'property')) !== 'freeze') return undefined
  return (node.arguments as SyntaxNode[])[0]
}

/** What an expression comes to; `undefined` where that takes more than to read it. */
export function evaluate(written: SyntaxNode, file: RepositoryFile): Value | undefined {
  const node = unwrapped(written)
  switch (node.type) {
    case 'Literal':
      return typeof node.value === 'object' ? undefined : (node.value as Value)
    case 'UnaryExpression':
      return negative(node, file)
    case 'BinaryExpression':
      return reckoned(node, file)
    case 'Identifier':
      return named(nameOf(node), file)
    case 'ObjectExpression':
      return objectOf(node, file)
    default:
      return undefined
  }
}

function negative(node: SyntaxNode, file: RepositoryFile): Value | undefined {
  const value = numberAt(node, 'argument', file)
  return value === undefined || node.operator !== '-' ? undefined : -value
}

function reckoned(node: SyntaxNode, file: RepositoryFile): Value | undefined {
  const left = numberAt(node, 'left', file)
  const right = numberAt(node, 'right', file)
  if (left === undefined || right === undefined) return undefined
  switch (node.operator) {
    case '*':
      return left * right
    case '/':
      return left / right
    case '**':
      return left ** right
    case '+':
      return left + right
    case '-':
      return left - right
    default:
      return undefined
  }
}

function numberAt(node: SyntaxNode, field: string, file: RepositoryFile): number | undefined {
  const operand = child(node, field)
  const value = operand && evaluate(operand, file)
  return typeof value === 'number' ? value : undefined
}

/** A constant of this file, or of the one that it is imported from. */
function named(name: string, file: RepositoryFile): Value | undefined {
  const own = constNodes(file).find(([known]) => known === name)
  if (own) return evaluate(own[1], file)
  const source = importsOf(file).find(({ names }) => names.includes(name))?.target
  return source !== undefined && exists(source) ? named(name, fileAt(source)) : undefined
}

function objectOf(node: SyntaxNode, file: RepositoryFile): Value {
  const properties = (node.properties as unknown[]).filter(isNode)
  return Object.fromEntries(
    properties.flatMap((property) => {
      const value = child(property, 'value')
      return value ? [[nameOf(child(property, 'key')), evaluate(value, file)]] : []
    }),
  )
}
