import { AssertionError } from 'node:assert'
import { inspect } from 'node:util'
import type { Job } from '../job/job.ts'
import type { AnyJobSpec, InputOf } from '../job/typed.ts'
import { type FieldsOf, integer, parseOptions, text, texts } from '../kit/options.ts'
import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import { contains, type Partially } from './partial.ts'

export type { Partially } from './partial.ts'

/** What else is expected of the jobs. */
export interface ExpectedEnqueue {
  /** Exactly so many; without it, at least one. `0`: none at all. */
  readonly count?: number
  /** The queue that they went to. */
  readonly queue?: string
  /** Tags that they have, among others. */
  readonly tags?: readonly string[]
}

const expectedFields = {
  count: integer(),
  queue: text(),
  tags: texts(),
} satisfies FieldsOf<ExpectedEnqueue>

/** Jobs that are looked through, the newest first, and that a message lists. */
const LOOKED_AT = 10_000
const LISTED = 20

/**
 * Expects a job to have been enqueued, in whatever state it is by now; gives the jobs that fit, oldest first. `input`
 * may be a part of the job's input: objects may have more than it names, lists are compared whole.
 *
 * Options: `count` (default: at least one), `queue`, `tags`.
 *
 * @example
 * const sendMail = defineJob({ name: 'mail.send', input: z.object({ to: z.string(), subject: z.string() }) })
 * const { queue } = await openTestQueue()
 * await queue.enqueue(sendMail, { to: 'ada@example.com', subject: 'Hello' })
 * await expectEnqueued(queue, sendMail, { to: 'ada@example.com' }, { count: 1 })
 *
 * @throws AssertionError that lists what was enqueued instead; MillhandError `unknown_option`, `invalid_option`
 */
export async function expectEnqueued<Spec extends AnyJobSpec>(
  queue: Queue,
  spec: Spec,
  ...[input, expected = {}]: [input?: Partially<InputOf<Spec>>, expected?: ExpectedEnqueue]
): Promise<Job[]> {
  const { count, ...others } = parseOptions('expectEnqueued', expectedFields, expected)
  const wanted = { ...others, input }
  internalsOf(queue, 'expectEnqueued')
  const jobs = (await queue.list({ limit: LOOKED_AT })).reverse()
  const found = jobs.filter((job) => job.name === spec.name && fits(job, wanted))
  if (count === undefined ? found.length > 0 : found.length === count) return found
  throw new AssertionError({
    message: complaint({ name: spec.name, count, wanted, found: found.length }, jobs),
    actual: found.length,
    expected: count ?? 'at least 1',
    operator: 'expectEnqueued',
    stackStartFn: expectEnqueued,
  })
}

interface Wanted {
  readonly input?: unknown
  readonly queue?: string | undefined
  readonly tags?: readonly string[] | undefined
}

function fits(job: Job, { input, queue, tags }: Wanted): boolean {
  return (
    (input === undefined || contains(job.input, input)) &&
    (queue === undefined || job.queue === queue) &&
    (tags ?? []).every((tag) => job.tags.includes(tag))
  )
}

interface Missed {
  readonly name: string
  readonly count: number | undefined
  readonly wanted: Wanted
  readonly found: number
}

function complaint({ name, count, wanted, found }: Missed, jobs: readonly Job[]): string {
  const { input, queue, tags } = wanted
  const conditions = [
    ...(input === undefined ? [] : [`input ${show(input)}`]),
    ...(queue === undefined ? [] : [`queue '${queue}'`]),
    ...(tags === undefined ? [] : [`tags ${show(tags)}`]),
  ]
  const condition = conditions.length === 0 ? '' : ` with ${conditions.join(', ')}`
  const times = count === undefined ? 'at least once' : `${count} time(s)`
  return [
    `Expected '${name}'${condition} to be enqueued ${times}, found ${found}.`,
    jobs.length === 0 ? 'Nothing was enqueued.' : 'Enqueued were:',
    ...jobs.slice(0, LISTED).map(describe),
    ...(jobs.length > LISTED ? [`  … and ${jobs.length - LISTED} more`] : []),
  ].join('\n')
}

function describe(job: Job): string {
  const tags = job.tags.length === 0 ? '' : `, tags ${show(job.tags)}`
  return `  ${job.name} (${job.state}), queue '${job.queue}'${tags}, input ${show(job.input)}`
}

function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Number.POSITIVE_INFINITY })
}
