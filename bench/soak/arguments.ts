import { parseArgs } from 'node:util'

const STORES = ['sqlite', 'postgres'] as const

export interface SoakOptions {
  readonly store: (typeof STORES)[number]
  /** How long the load lasts, after the capacity was measured. */
  readonly minutes: number
  /** Share of the capacity. */
  readonly load: number
  readonly json: boolean
}

export const SOAK_USAGE = `npm run soak [-- --store ${STORES.join('|')}] [--minutes 10] [--load 0.8] [--json]

  --store NAME    what it runs on (default sqlite); a PostgreSQL of its own is started, and thrown away
  --minutes N     how long, 0.5 to 1,440 (default 10)
  --load SHARE    of the capacity that is measured first, 0.05 to 1 (default 0.8)
  --json          one JSON object, with every sample`

/** Reads the command line. @throws Error with what is wrong with it */
export function readSoakOptions(given: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...given],
    options: {
      store: { type: 'string', default: 'sqlite' },
      minutes: { type: 'string', default: '10' },
      load: { type: 'string', default: '0.8' },
      json: { type: 'boolean', default: false },
    },
  })
  const store = STORES.find((each) => each === values.store)
  if (!store) throw new Error(`--store is '${values.store}', expected ${STORES.join(' or ')}`)
  return {
    store,
    minutes: numberOf('--minutes', values.minutes, { min: 0.5, max: 1_440 }),
    load: numberOf('--load', values.load, { min: 0.05, max: 1 }),
    json: values.json,
  }
}

function numberOf(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new Error(`${option} is '${text}', expected ${min} to ${max}`)
  return value
}
