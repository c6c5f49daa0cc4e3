import { parseArgs } from 'node:util'

export interface Arguments {
  /** Names of scenarios; none means all. */
  readonly names: readonly string[]
  /** Names of systems; none means all that are here. */
  readonly systems: readonly string[]
  readonly json: boolean
  readonly smoke: boolean
  readonly scale: number
  /** Whether to write the report for the docs. */
  readonly write: boolean
  /** A word on the machine for that report. */
  readonly note: string
}

export function usageOf(script: string): string {
  return `npm run ${script} [-- SCENARIO ...] [--systems NAME,...] [--json] [--smoke] [--scale FACTOR] [--write [--note TEXT]]

  --systems NAMES only these, with commas between them (default all that are here)
  --json          one JSON object a line, instead of tables
  --smoke         tiny sizes, one round: shows that the scenarios work, not how fast
  --scale FACTOR  sizes of 0.01 to 10 times the published ones (default 1)
  --write         writes its part of docs/performance.md; of all scenarios and systems, at scale 1
  --note TEXT     a word on the machine, for that page`
}

/** Reads the command line. @throws Error with what is wrong with it */
export function readArguments(given: readonly string[], known: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      systems: { type: 'string', default: '' },
      json: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      scale: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
      note: { type: 'string', default: '' },
    },
  })
  const unknown = positionals.find((name) => !known.includes(name))
  if (unknown !== undefined)
    throw new Error(`There is no scenario '${unknown}'; there are ${known.join(', ')}`)
  const scale = Number(values.scale)
  if (!(scale >= 0.01 && scale <= 10)) throw new Error(`--scale is '${values.scale}', expected 0.01 to 10`)
  const { json, smoke, write, note } = values
  const systems = values.systems.split(',').filter((name) => name !== '')
  if (write && (smoke || scale !== 1 || positionals.length > 0 || systems.length > 0)) {
    throw new Error('--write publishes the figures of everything at scale 1; leave the rest away')
  }
  return { names: positionals, systems, json, smoke, scale, write, note }
}
