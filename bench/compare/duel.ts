import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Child } from '../child.ts'
import type { Measured } from '../processes/measure.ts'
import type { SizeOptions } from '../scenario.ts'
import type { Contest } from './contests.ts'
import { orderOf, type Pair, type Side } from './pairs.ts'

const HOOK = new URL('../processes/package.ts', import.meta.url).href

export interface Duel {
  /** Where the packages are. */
  readonly folders: Readonly<Record<Side, string>>
  /** The server of all contests on PostgreSQL; empty where there is none. */
  readonly server: string
  /** Of one measurement. */
  readonly size: SizeOptions
  readonly pairs: number
  readonly progress: (message: string) => void
}

/** Measures both builds by turns. Gives the pairs of each rate, by its name. */
export async function fight(contest: Contest, duel: Duel): Promise<Map<string, Pair[]>> {
  const all = new Map<string, Pair[]>()
  for (let pair = 0; pair < duel.pairs; pair += 1) {
    const rates: Record<Side, ReadonlyMap<string, number>> = { base: new Map(), tree: new Map() }
    for (const side of orderOf(pair)) rates[side] = await ratesOf(contest, duel, side)
    for (const [metric, base] of rates.base) {
      const tree = rates.tree.get(metric)
      if (tree === undefined) continue
      all.set(metric, [...(all.get(metric) ?? []), { base, tree }])
      duel.progress(`  ${contest.name}, pair ${pair + 1}: ${metric} ${(tree / base).toFixed(3)} ×`)
    }
  }
  return all
}

/** In a process of its own each time: how one happens to be compiled stays with it for as long as it lives. */
async function ratesOf(
  contest: Contest,
  { folders, server, size }: Duel,
  side: Side,
): Promise<Map<string, number>> {
  const folder = folders[side]
  using child = new Child('measure.ts', {
    values: [contest.name, JSON.stringify(size), server],
    flags: ['--import', HOOK],
    env: { BENCH_PACKAGE: folder },
  })
  const { measured, from } = await child.receive<Measured>('measured')
  if (!from.startsWith(`${pathToFileURL(resolve(folder)).href}/`))
    throw new Error(`${from} was measured, expected the package in ${folder}`)
  return new Map(measured.filter(({ unit }) => unit === 'jobs/s').map(({ metric, value }) => [metric, value]))
}
