import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Alias, Document, LineCounter, Node } from 'yaml'
import { asError } from '../kit/error.ts'
import { configError } from './errors.ts'

/** A thousand times what any has; a parser may take the square of a length of brackets. */
const BYTES_MAX = 256 * 1024

/** Values that the aliases of a configuration may stand for, all together: hundreds of times what any has. */
const ALIASED_MAX = 10_000

/**
 * What a YAML file holds; `undefined` where it is empty.
 *
 * @throws MillhandError `config_load_failed`, with the line
 */
export function readYaml(file: string): unknown {
  try {
    const bytes = readFileSync(file)
    if (bytes.length > BYTES_MAX) throw new Error(`it is larger than ${BYTES_MAX / 1024} KiB`)
    return contentOf(bytes.toString())
  } catch (error) {
    const problem = error instanceof RangeError ? 'it is nested too deeply' : asError(error).message.trim()
    throw configError('config_load_failed', { file, problem }, { cause: error })
  }
}

/** A value that ends with a colon is a key to YAML. */
const IS_MEMORY = /^\s*store:\s+memory:\s*(?:#.*)?$/m
const QUOTE_MEMORY = "YAML takes the colon of memory: for the end of a key. Quote it: store: 'memory:'"

function contentOf(text: string): unknown {
  // Required for the reason that stands in cli/log.ts: every worker would pay for the import.
  const yaml: typeof import('yaml') = createRequire(import.meta.url)('yaml')
  const lines = new yaml.LineCounter()
  // The parser would warn on the standard error of keys that are no texts, such as what `{{ STORE }}` of a template is: they
  // are refused where they stand.
  const document = yaml.parseDocument(text, { lineCounter: lines, logLevel: 'error' })
  // A tag that means nothing is a warning to the parser, and a value that somebody meant otherwise.
  const [error] = [
    ...document.errors,
    ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED'),
  ]
  if (error) throw IS_MEMORY.test(text) ? new Error(QUOTE_MEMORY, { cause: error }) : error
  new Aliases(yaml, lines).check(document)
  return document.toJS({ maxAliasCount: -1 }) ?? undefined
}

/**
 * Whether each alias stands for something, and all of them together for little. A list of aliases of lists of aliases is
 * a short text and has no end; one that is in itself has none at all.
 */
class Aliases {
  readonly #yaml: typeof import('yaml')
  readonly #lines: LineCounter
  /** How many values an anchor stands for; `undefined` while it is being read. */
  readonly #sizes = new Map<string, number | undefined>()
  #aliased = 0

  constructor(yaml: typeof import('yaml'), lines: LineCounter) {
    this.#yaml = yaml
    this.#lines = lines
  }

  check({ contents }: Document): void {
    this.#sizeOf(contents)
  }

  #sizeOf(node: unknown): number {
    const { isAlias, isCollection, isNode, isPair } = this.#yaml
    if (isPair(node)) return this.#sizeOf(node.key) + this.#sizeOf(node.value)
    if (!isNode(node)) return 0
    if (isAlias(node)) return this.#sizeOfAlias(node)
    const { anchor } = node as { anchor?: string }
    if (anchor !== undefined) this.#sizes.set(anchor, undefined)
    const items: readonly unknown[] = isCollection(node) ? node.items : []
    const size = items.reduce<number>((sum, item) => sum + this.#sizeOf(item), 1)
    if (anchor !== undefined) this.#sizes.set(anchor, size)
    return size
  }

  #sizeOfAlias(alias: Alias): number {
    const { source } = alias
    if (!this.#sizes.has(source)) this.#refuse(alias, 'no anchor of this name is before it')
    const size = this.#sizes.get(source)
    if (size === undefined) this.#refuse(alias, 'it is a part of itself')
    this.#aliased += size
    if (this.#aliased > ALIASED_MAX) this.#refuse(alias, `aliases come to more than ${ALIASED_MAX} values`)
    return size
  }

  #refuse({ source, range }: Alias, why: string): never {
    const { line, col } = this.#lines.linePos((range as Node['range'])?.[0] ?? 0)
    throw new Error(`the alias *${source} cannot be used: ${why}, at line ${line}, column ${col}`)
  }
}
