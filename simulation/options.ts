import { parseArgs } from 'node:util'
import { STORE_KINDS, type StoreKind } from './database.ts'

/** What `npm run simulate` takes. */
export interface SimulateOptions {
  readonly store: StoreKind
  /** The first seed. */
  readonly seed: number
  /** How many seeds, one after the other. */
  readonly seeds: number
  /** Things that happen in each world before the faults stop. */
  readonly steps: number
  readonly json: boolean
}

export const USAGE = `npm run simulate -- [--store ${STORE_KINDS.join('|')}] [--seed 1] [--seeds 100] [--steps 400] [--json]`

/** @throws Error, with what was expected */
export function readOptions(given: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: [...given],
    options: {
      store: { type: 'string', default: 'memory' },
      seed: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '100' },
      steps: { type: 'string', default: '400' },
      json: { type: 'boolean', default: false },
    },
  })
  const store = STORE_KINDS.find((kind) => kind === values.store)
  if (!store) throw new Error(`--store ${values.store}: expected ${STORE_KINDS.join(' or ')}`)
  const [seed, seeds, steps] = [whole('seed', values), whole('seeds', values), whole('steps', values)]
  return { store, seed, seeds, steps, json: values.json }
}

function whole<Name extends string>(name: Name, values: Readonly<Record<Name, string>>): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} ${values[name]}: expected a whole number from 1`)
}
