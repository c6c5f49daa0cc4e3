import { defineJob, type LimitValues } from 'millhand'
import { type Contestant, contrastDrains } from '../contrast.ts'
import { type Bench, millhandsOf, type Scenario, type Size } from '../scenario.ts'
import { type Kind, millhandWith } from '../systems/millhand.ts'
import { JOB_NAME, type Payload, SMALL_PAYLOAD, type System } from '../systems/system.ts'

const JOBS = 20_000
const KEYS = 10_000

/** What has limits is not claimed ahead, so that a claim brings no more of it than run at a time. */
const TWO_WIDE_WORKERS = [{ concurrency: 200 }, { concurrency: 200 }]

export const limitedKeys: Scenario = {
  name: 'limited-keys',
  about:
    'One process runs 20,000 no-op jobs that are there: without limits, and with a limit of 10,000 keys, of each of ' +
    'which one job runs at a time; also by two workers that run 200 jobs at a time each.',
  targets: [{ metric: 'limited to plain', atLeast: 0.5 }],
  run: (bench) => recordKeyedDrains(bench, oneAtATime(bench)),
}

/** Without a limit, with one at the default settings, and with one and workers that take more at a time. */
export function oneAtATime(bench: Bench): Contestant[] {
  return millhandsOf(bench).flatMap((system) => [
    ...plainAndLimited(system, { concurrency: 1 }),
    {
      way: 'limited, 2 × 200',
      system: millhandWith(system, { ...limitedBy({ concurrency: 1 }), workers: TWO_WIDE_WORKERS }),
    },
  ])
}

export function plainAndLimited(system: System, limit: LimitValues): Contestant[] {
  return [
    { way: 'plain', system },
    { way: 'limited', system: millhandWith(system, limitedBy(limit)) },
  ]
}

/** How fast they run jobs whose payloads have the keys, each in its turn. */
export function recordKeyedDrains(bench: Bench, contestants: readonly Contestant[]): Promise<void> {
  return contrastDrains(bench, contestants, keyedPayloads(bench.size))
}

function limitedBy(limit: LimitValues): Kind {
  const key = (input: unknown) => (input as Payload).key ?? null
  return { specs: [defineJob({ name: JOB_NAME, limits: [{ ...limit, key }] })] }
}

function keyedPayloads(size: Size): Payload[] {
  const keys = size.jobs(KEYS)
  return Array.from({ length: size.jobs(JOBS) }, (_, index) => ({ ...SMALL_PAYLOAD, key: `${index % keys}` }))
}
