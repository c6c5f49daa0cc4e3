import { parseArgs } from 'node:util'
import { STORE_KINDS, type StoreKind } from './plan.ts'

/** What `npm run chaos` takes. */
export interface ChaosOptions {
  readonly store: StoreKind
  /** Decides what goes wrong, and when. */
  readonly seed: number
  /** How long things go wrong. */
  readonly seconds: number
  /** Whether only to measure how soon the jobs of killed workers run again, and after how many kills. */
  readonly recovery: boolean
  readonly kills: number
  /** Whether to keep what everybody wrote down though all is well. */
  readonly keep: boolean
  readonly json: boolean
}

export const USAGE =
  `npm run chaos -- [--store ${STORE_KINDS.join('|')}] [--seed 1] [--seconds 30] [--keep] [--json], ` +
  'or npm run chaos -- --recovery [--kills 100] [--store …] [--json]'

/** @throws Error, with what was expected */
export function readOptions(given: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...given],
    options: {
      store: { type: 'string', default: 'sqlite' },
      seed: { type: 'string', default: '1' },
      seconds: { type: 'string', default: '30' },
      recovery: { type: 'boolean', default: false },
      kills: { type: 'string', default: '100' },
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const store = STORE_KINDS.find((kind) => kind === values.store)
  if (!store) throw new Error(`--store ${values.store}: expected ${STORE_KINDS.join(' or ')}`)
  const [seed, seconds, kills] = [whole('seed', values), whole('seconds', values), whole('kills', values)]
  return { store, seed, seconds, kills, recovery: values.recovery, keep: values.keep, json: values.json }
}

function whole<Name extends string>(name: Name, values: Readonly<Record<Name, string>>): number {
  const number = Number(values[name])
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} ${values[name]}: expected a whole number from 1`)
}
