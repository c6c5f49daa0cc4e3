import { defineJob } from 'millhand'
import { contrastDrains } from '../contrast.ts'
import { type Bench, millhandsOf, type Scenario } from '../scenario.ts'
import { millhandWith } from '../systems/millhand.ts'
import { JOB_NAME, type Payload, SMALL_PAYLOAD, type System } from '../systems/system.ts'

const LANES = 10_000

export const lanes10k: Scenario = {
  name: 'lanes-10k',
  about:
    'One process runs 100,000 no-op jobs that are there, all in one lane and in 10,000 lanes by turns, 100 names in 100 ' +
    'queues; and 10,000 jobs in the same way, one in each lane.',
  targets: [{ metric: '10k lanes to one lane', atLeast: 0.9 }],
  async run(bench) {
    await recordLanes(bench, { jobs: 100_000, ways: ['one lane', '10k lanes'] })
    await recordLanes(bench, { jobs: 10_000, ways: ['10k jobs in one lane', '10k jobs in 10k lanes'] })
  },
}

interface Filling {
  /** As they are counted at scale 1. */
  readonly jobs: number
  readonly ways: readonly [one: string, many: string]
}

async function recordLanes(bench: Bench, { jobs: count, ways: [one, many] }: Filling): Promise<void> {
  const jobs = spread(bench.size.jobs(count), sideOf(bench))
  const contestants = millhandsOf(bench).flatMap((system) => [
    { way: one, system },
    { way: many, system: inLanes(system, sideOf(bench)) },
  ])
  await contrastDrains(bench, contestants, jobs)
}

/** As many names as queues. */
function sideOf({ size }: Bench): number {
  return Math.ceil(Math.sqrt(size.jobs(LANES)))
}

/** Each job comes into another lane than the one before, so that a claim takes from as many as it takes jobs. */
function spread(jobs: number, side: number): Payload[] {
  return Array.from({ length: jobs }, (_, index) => ({
    ...SMALL_PAYLOAD,
    name: `${index % side}`,
    queue: `q${Math.floor(index / side) % side}`,
  }))
}

function inLanes(system: System, names: number): System {
  const [first = defineJob({ name: JOB_NAME }), ...others] = Array.from({ length: names }, (_, index) =>
    defineJob({ name: `${JOB_NAME}_${index}` }),
  )
  const specs = [first, ...others] as const
  return millhandWith(system, {
    specs,
    itemOf: ({ name, queue = '' }) => ({ job: specs[Number(name)] ?? first, options: { queue } }),
  })
}
