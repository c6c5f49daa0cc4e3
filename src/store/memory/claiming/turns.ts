import { runsAlone } from '../../../job/care.ts'
import { DrawnLine } from '../../../job/drawn-line.ts'
import { FairTurns, type PlannedTurns } from '../../../job/fair-turns.ts'
import type { JobRecord } from '../../../job/job.ts'
import { groupIn, requirementsIn } from '../../../job/job-gates.ts'
import { orderRule } from '../../../job/order.ts'
import type { Weights } from '../../../job/turns.ts'
import { systemRandom } from '../../../kit/random.ts'
import { InTurn, ranksOf, type Standing } from '../../in-turn.ts'
import { type ClaimRequest, placeOf } from '../../jobs.ts'
import type { MemoryData } from '../data/data.ts'

/** The jobs that are due and fit, in the order in which they start. */
export function inTurn(
  data: MemoryData,
  request: ClaimRequest,
  fits: (job: JobRecord) => boolean,
): InTurn<JobRecord> {
  const turns = (request.turns ?? new FairTurns()).begin()
  const due = fitting(data.jobs.pending.dueAt(data.clock.now()), fits)
  if (!drawsAny(data)) return new InTurn({ others: due, lines: [] })
  const queues = Map.groupBy(due, ({ job }) => (isDrawn(data, job) ? job.queue : ''))
  const others = queues.get('') ?? []
  queues.delete('')
  const lines = [...queues].map(([queue, jobs]) => lineOf(data, jobs, { ...request, turns, queue }))
  return new InTurn({ others, lines })
}

function* fitting(
  jobs: Iterable<JobRecord>,
  fits: (job: JobRecord) => boolean,
): Generator<Standing<JobRecord>> {
  for (const job of jobs) if (fits(job)) yield { ...placeOf(job), job }
}

function drawsAny({ jobs, settings }: MemoryData): boolean {
  return jobs.pending.hasGroups || [...settings.values()].some(({ order }) => order === 'weighted')
}

function lineOf(
  data: MemoryData,
  jobs: readonly Standing<JobRecord>[],
  {
    queue,
    random = systemRandom,
    turns,
  }: Pick<ClaimRequest, 'random'> & { queue: string; turns: PlannedTurns },
): DrawnLine<Standing<JobRecord>> {
  const { shares = {} } = data.settings.get(queue) ?? {}
  const rules = { queue, weights: weightsOf(data, queue), shares, random, turns }
  return new DrawnLine(
    ranksOf(jobs, ({ limits }) => groupIn(limits)),
    rules,
  )
}

/**
 * Whether it is drawn: what has a group is, and in a queue in which priorities have weights all but what requires something of its
 * worker, which stands by its priority.
 */
export function isDrawn(data: MemoryData, job: JobRecord): boolean {
  if (runsAlone(job)) return false
  return (
    groupIn(job.limits) !== '' || (weightsOf(data, job.queue) !== null && requirementsIn(job.limits) === '')
  )
}

function weightsOf(data: MemoryData, queue: string): Weights | null {
  return orderRule(data.settings.get(queue) ?? {})?.weights ?? null
}
