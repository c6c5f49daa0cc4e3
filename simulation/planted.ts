/** Plants one fault after the other, and says by which seed each is found: `npm run simulate:planted`. */
import { parseArgs } from 'node:util'
import { startPostgres } from './databases/server.ts'
import { type Databases, databasesOn } from './databases.ts'
import type { Planted } from './plants/plant.ts'
import { PLANTS } from './plants.ts'
import { simulate } from './simulate.ts'

const STEPS = 250

/** What came of one fault. */
interface Finding {
  readonly fault: string
  readonly store: string
  /** How many seeds it took; `null` where none has found it. */
  readonly seeds: number | null
  /** What the simulator had to say of it. */
  readonly problem: string | null
}

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' }, json: { type: 'boolean', default: false } },
})
const seeds = Number(values.seeds)
if (!(Number.isSafeInteger(seeds) && seeds > 0))
  throw new Error(`--seeds ${values.seeds}: expected a whole number from 1`)

const server = PLANTS.some(({ store }) => store === 'postgres') ? await startPostgres() : undefined
const findings: Finding[] = []
try {
  for (const planted of PLANTS) {
    const databases = databasesOn(planted.store, server?.url)
    const finding = await look(planted, databases).finally(() => databases.remove())
    findings.push(finding)
    if (!values.json) console.log(lineOf(finding))
  }
} finally {
  await server?.remove()
}
const missed = findings.filter(({ seeds }) => seeds === null).length
console.log(
  values.json ? JSON.stringify({ findings, missed }) : `${missed} of ${findings.length} were not found`,
)
process.exitCode = missed === 0 ? 0 : 1

async function look({ fault, store, plant, found }: Planted, databases: Databases): Promise<Finding> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { problems } = await simulate({ databases, seed, steps: STEPS, plant })
    const problem = problems.find((each) => found.test(each))
    if (problem !== undefined) return { fault, store, seeds: seed, problem }
  }
  return { fault, store, seeds: null, problem: null }
}

/** A row of the table in docs/reliability.md. */
function lineOf({ fault, store, seeds, problem }: Finding): string {
  return `| ${fault} | ${store} | ${seeds ?? '**not found**'} | ${problem ?? ''} |`
}
