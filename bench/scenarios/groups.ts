import { defineJob } from 'millhand'
import { withNewPlace } from '../contest.ts'
import { recordContrast } from '../contrast.ts'
import { elapsedMs, rate } from '../measure.ts'
import { type Bench, millhandsOf, type Scenario, type Size } from '../scenario.ts'
import { type Kind, millhandWith } from '../systems/millhand.ts'
import { JOB_NAME, type OpenSystem, type Payload, SMALL_PAYLOAD, type System } from '../systems/system.ts'

/** At every scale: what has to be reached is a number of starts. */
const TENANTS = 100
const JOBS_OF_LARGE = 100_000
const JOBS_OF_OTHERS = 10
const JOBS_RUN = 20_000
const THREE_WORKERS = [{}, {}, {}]
const LAST_FIRST = "starts before the last tenant's first"

export const groups: Scenario = {
  name: 'groups',
  about:
    'One tenant has 100,000 no-op jobs, and behind them 99 others have 10 each: one process runs 20,000 of them, without ' +
    'groups and with one for each tenant. And how many jobs three workers start before each tenant has had its first: a ' +
    'round of each worker at most.',
  targets: [{ metric: LAST_FIRST, atMost: THREE_WORKERS.length * TENANTS }],
  async run(bench) {
    for (const system of millhandsOf(bench)) {
      await recordRates(bench, system)
      await recordStarts(bench, system)
    }
  },
}

async function recordRates(bench: Bench, system: System): Promise<void> {
  const contestants = [
    { way: 'plain', system },
    { way: 'grouped', system: millhandWith(system, grouped()) },
  ]
  await recordContrast(bench, contestants, (contestant) =>
    withTenants(bench, contestant.system, async (open) => {
      const jobs = bench.size.jobs(JOBS_RUN)
      return rate(jobs, await elapsedMs(() => open.drain(jobs)))
    }),
  )
}

async function recordStarts(bench: Bench, system: System): Promise<void> {
  const three = millhandWith(system, { ...grouped(), workers: THREE_WORKERS })
  const starts = await withTenants(bench, three, (open, jobs) => startsUntilAllBegan(open, jobs))
  bench.record({ system: system.name, metric: LAST_FIRST, value: starts - 1, unit: 'jobs' })
}

async function startsUntilAllBegan(open: OpenSystem, jobs: readonly Payload[]): Promise<number> {
  const waiting = new Set(jobs.map(({ tenant }) => tenant))
  const all = Promise.withResolvers<number>()
  let starts = 0
  const stop = await open.work(({ tenant }) => {
    starts += 1
    waiting.delete(tenant)
    if (waiting.size === 0) all.resolve(starts)
  })
  const reached = await all.promise
  await stop()
  return reached
}

/** In a new place that has the jobs of all tenants. */
function withTenants<Result>(
  bench: Bench,
  system: System,
  body: (open: OpenSystem, jobs: readonly Payload[]) => Promise<Result>,
): Promise<Result> {
  const jobs = jobsOfTenants(bench.size)
  return withNewPlace(bench, system, async (open, place) => {
    await open.enqueueMany(jobs)
    await bench.stores.rest(place)
    return body(open, jobs)
  })
}

function jobsOfTenants(size: Size): Payload[] {
  const others = (TENANTS - 1) * JOBS_OF_OTHERS
  return [
    ...Array.from({ length: size.jobs(JOBS_OF_LARGE) }, () => jobOf('large')),
    ...Array.from({ length: others }, (_, index) => jobOf(`small-${Math.floor(index / JOBS_OF_OTHERS)}`)),
  ]
}

function jobOf(tenant: string): Payload {
  return { ...SMALL_PAYLOAD, tenant }
}

/** Made where it is run: a build from before groups, which others are compared with, refuses it. */
function grouped(): Kind {
  return { specs: [defineJob({ name: JOB_NAME, group: (input) => (input as Payload).tenant ?? null })] }
}
