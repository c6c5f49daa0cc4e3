import { parseArgs } from 'node:util'
import { BASELINE, LEAST_RATIO, PAIRS } from './baseline.ts'
import { type Contest, DEFAULT_CONTESTS, findContest } from './contests.ts'

export interface CompareOptions {
  readonly contests: readonly Contest[]
  /** A commit, a tag or a branch. */
  readonly base: string
  readonly pairs: number
  readonly atLeast: number
  readonly scale: number
  readonly smoke: boolean
  readonly json: boolean
}

export const COMPARE_USAGE = `npm run bench:compare [-- SCENARIO ...] [--base COMMIT] [--pairs N] [--at-least RATIO] [--scale FACTOR] [--smoke] [--json]

  SCENARIO         such as sqlite/drain or postgres/drain-100k (default ${DEFAULT_CONTESTS.join(', ')})
  --base COMMIT    what the working tree is compared with (default ${BASELINE}, the baseline)
  --pairs N        how often each is measured (default ${PAIRS})
  --at-least RATIO ends with 1 where the median ratio of a rate is lower (default ${LEAST_RATIO})
  --scale FACTOR   sizes of 0.01 to 10 times the published ones (default 1)
  --smoke          tiny sizes: shows that it works, not how fast
  --json           one JSON object a line`

/** Reads the command line. @throws Error with what is wrong with it */
export function readCompareOptions(given: readonly string[]): CompareOptions {
  const { values, positionals } = parseArgs({
    args: [...given],
    allowPositionals: true,
    options: {
      base: { type: 'string', default: BASELINE },
      pairs: { type: 'string', default: `${PAIRS}` },
      'at-least': { type: 'string', default: `${LEAST_RATIO}` },
      scale: { type: 'string', default: '1' },
      smoke: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const { base, smoke, json } = values
  const names = positionals.length > 0 ? positionals : DEFAULT_CONTESTS
  const pairs = numberOf('--pairs', values.pairs, { min: 1, max: 1_000 })
  if (!Number.isInteger(pairs)) throw new Error(`--pairs is '${values.pairs}', expected a whole number`)
  return {
    contests: names.map(findContest),
    base,
    pairs,
    atLeast: numberOf('--at-least', values['at-least'], { min: 0, max: 10 }),
    scale: numberOf('--scale', values.scale, { min: 0.01, max: 10 }),
    smoke,
    json,
  }
}

function numberOf(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new Error(`${option} is '${text}', expected ${min} to ${max}`)
  return value
}
