import { parseArgs } from 'node:util'
import { STORE_KINDS, type StoreKind } from './database.ts'

/** What `npm run simulate` takes. */
export interface SimulateOptions {
  readonly store: StoreKind
  /** The first seed; `undefined`: those that once found something, and then from 1. */
  readonly seed: number | undefined
  /** How many seeds, one after the other. */
  readonly seeds: number
  /** Things that happen in each world before the faults stop. */
  readonly steps: number
  /** Each seed once more: does it go the same way? */
  readonly twice: boolean
  readonly json: boolean
  /** A PostgreSQL on which nothing else is at work; without it, one is started. */
  readonly url: string | undefined
}

export const USAGE = `npm run simulate -- [--store ${STORE_KINDS.join('|')}] [--seed N] [--seeds 100] [--steps 400] [--url postgres://…] [--twice] [--json]`

/** @throws Error, with what was expected */
export function readOptions(given: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...given],
    options: {
      store: { type: 'string', default: 'memory' },
      seed: { type: 'string' },
      seeds: { type: 'string', default: '100' },
      steps: { type: 'string', default: '400' },
      url: { type: 'string' },
      twice: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const store = STORE_KINDS.find((kind) => kind === values.store)
  if (!store) throw new Error(`--store ${values.store}: expected ${STORE_KINDS.join(' or ')}`)
  const [seeds, steps] = [whole('seeds', values), whole('steps', values)]
  const seed = values.seed === undefined ? undefined : whole('seed', { seed: values.seed })
  return { store, seed, seeds, steps, url: values.url, twice: values.twice, json: values.json }
}

function whole<Name extends string>(name: Name, values: Readonly<Record<Name, string>>): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} ${values[name]}: expected a whole number from 1`)
}
