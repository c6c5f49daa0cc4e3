/** Compares the working tree with another commit: `npm run bench:compare [-- SCENARIO ...] [--base COMMIT]`. */
import { COMPARE_USAGE, type CompareOptions, readCompareOptions } from './compare/arguments.ts'
import { Build, commitOf, ROOT } from './compare/builds.ts'
import { type Duel, fight } from './compare/duel.ts'
import { type Comparison, comparisonOf } from './compare/pairs.ts'
import { PostgresServer } from './servers/postgres.ts'

/** What a shell gives for a program that was interrupted. */
const INTERRUPTED = 130

process.once('SIGINT', () => process.exit(INTERRUPTED))
const options = given()
const reached = await compare(options)
// Not by `exitCode`: a process that has loaded the server ends with 0, whatever that says.
process.exit(reached ? 0 : 1)

/** Gives whether every rate reached what it has to. */
async function compare({
  base,
  contests,
  pairs,
  atLeast,
  scale,
  smoke,
  json,
}: CompareOptions): Promise<boolean> {
  const commit = commitOf(base)
  progress(`building ${base} (${commit.slice(0, 10)}), to compare the working tree with it`)
  using build = new Build(commit)
  await using server = contests.some(({ store }) => store === 'postgres')
    ? await PostgresServer.start()
    : undefined
  const duel: Duel = {
    folders: { base: build.folder, tree: ROOT },
    server: server?.databases.address ?? '',
    size: { scale, smoke, rounds: 1 },
    pairs,
    progress,
  }
  let reached = true
  for (const contest of contests) {
    progress(`${contest.name}: ${contest.scenario.about}`)
    for (const [metric, measured] of await fight(contest, duel)) {
      const comparison = comparisonOf(measured)
      const met = comparison.ratio.median >= atLeast
      reached &&= met
      const name = `${contest.name} ${metric}`
      console.log(json ? JSON.stringify({ name, ...comparison, met }) : lineOf(name, comparison, met))
    }
  }
  return reached
}

function lineOf(
  name: string,
  { ratio, pairs, medianOfBase, medianOfTree }: Comparison,
  met: boolean,
): string {
  const rates = [medianOfBase, medianOfTree].map((each) => Math.round(each).toLocaleString('en')).join(' → ')
  const range = `${ratio.min.toFixed(3)} to ${ratio.max.toFixed(3)} in ${pairs} pairs`
  return `${name.padEnd(36)} ${ratio.median.toFixed(3)} × (${range})  ${rates} jobs/s${met ? '' : '  TOO SLOW'}`
}

function given(): CompareOptions {
  try {
    return readCompareOptions(process.argv.slice(2))
  } catch (error) {
    progress(`${error instanceof Error ? error.message : error}\n\n${COMPARE_USAGE}`)
    return process.exit(1)
  }
}

function progress(message: string): void {
  console.error(message)
}
