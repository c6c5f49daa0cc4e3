import { jobError } from '../job/errors.ts'
import { whyNotDone } from '../job/not-done.ts'
import { type JobState, STATES } from '../job/state.ts'
import { asError } from '../kit/error.ts'
import { oneLine } from '../kit/visible.ts'
import type { FilterOptions } from '../queue/filter.ts'
import type { Queue } from '../queue/queue.ts'
import type { Call, OptionSpec } from './command.ts'
import { cliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { choosesAny, FILTER_OPTIONS, type FilterFlags, filterOf } from './filter.ts'
import { idsOf } from './job-id.ts'
import type { Terminal } from './terminal.ts'

/** What is done to several jobs: to those with the ids that were given, or to all that a filter chooses. */
export interface Bulk {
  readonly verb: 'cancel' | 'retry'
  /** The verb as it stands after it was done; the name of the list in the JSON. */
  readonly done: 'cancelled' | 'retried'
  /** States that it can be done in. */
  readonly states: readonly JobState[]
  /** Does it; gives the ids of the jobs that it was done to. */
  readonly apply: (queue: Queue, ids: readonly string[]) => Promise<string[]>
}

export interface BulkFlags extends FilterFlags {
  readonly yes?: boolean
}

export const BULK_OPTIONS: readonly OptionSpec[] = [
  ...FILTER_OPTIONS,
  { flags: '--yes', doc: 'needed with a filter: really do it to all that fit' },
]

/** Jobs that are read at a time; each comes with its payload. */
const PAGE_JOBS = 200

export async function runBulk(
  bulk: Bulk,
  call: Call<BulkFlags>,
  queue: Queue,
): Promise<ExitCode | undefined> {
  const { args, options } = call
  const byFilter = choosesAny(options)
  if (byFilter && args.length > 0) throw usage(bulk, 'Give ids or a filter, not both')
  if (!byFilter && args.length === 0) throw usage(bulk, 'Give the ids of jobs, or a filter such as --name')
  return byFilter ? toFitting(bulk, call, queue) : toNamed(bulk, call, queue)
}

interface Refusal {
  readonly id: string
  readonly code: string
  readonly because: string
}

interface Done {
  readonly done: readonly string[]
  readonly refused: readonly Refusal[]
}

async function toNamed(bulk: Bulk, { args, terminal }: Call, queue: Queue): Promise<ExitCode | undefined> {
  const { done, refused } = await toEach(bulk, queue, await idsOf(queue, args))
  terminal.show({ [bulk.done]: done, refused }, () => done.map((id) => oneLine(`${id} ${bulk.done}`)))
  tellRefused(refused, terminal)
  if (refused.some(({ code }) => code === 'job_not_found')) return EXIT.notFound
  return refused.length > 0 ? EXIT.failed : undefined
}

function tellRefused(refused: readonly Refusal[], terminal: Terminal): void {
  if (!terminal.json) for (const { code, because } of refused) terminal.refuse(`${because} (${code})`)
}

async function toFitting(
  bulk: Bulk,
  { options, terminal }: Call<BulkFlags>,
  queue: Queue,
): Promise<undefined> {
  const filter = fittingFilter(bulk, options)
  const count = await queue.count(filter)
  if (count > 0 && !options.yes) throw cliError('confirmation_required', { verb: bulk.verb, count })
  const done: string[] = []
  const refused: Refusal[] = []
  let before: string | undefined
  // Page by page towards older jobs: one that fails again at once is not retried for ever.
  for (;;) {
    const page = await queue.list({
      ...filter,
      limit: PAGE_JOBS,
      ...(before === undefined ? {} : { before }),
    })
    before = page.at(-1)?.id
    if (before === undefined) break
    const ids = page.map(({ id }) => id)
    const each = await toEach(bulk, queue, ids).catch((error) => {
      throw done.length === 0 ? error : stopped(bulk, done, error)
    })
    done.push(...each.done)
    refused.push(...each.refused)
  }
  terminal.show({ [bulk.done]: done, refused }, () => `${done.length} job(s) ${bulk.done}.`)
  tellRefused(refused, terminal)
  return undefined
}

/** The flags, and the states in which it can be done where they name none. */
function fittingFilter(bulk: Bulk, options: BulkFlags): FilterOptions {
  const filter = filterOf(options)
  const asked = options.scheduled ? ['pending', ...(options.state ?? [])] : (options.state ?? [])
  const impossible = asked.find((state) => isState(state) && !bulk.states.includes(state))
  if (impossible !== undefined) {
    throw usage(
      bulk,
      `Only jobs that are ${bulk.states.join(' or ')} can be ${bulk.done}, not ${impossible} ones`,
    )
  }
  return asked.length > 0 ? filter : { ...filter, state: bulk.states }
}

function isState(text: string): text is JobState {
  return (STATES as readonly string[]).includes(text)
}

/**
 * Does it, and says why to which jobs it was not done. A store gives the ids in its own order; people and scripts expect
 * the one that they gave.
 */
async function toEach({ verb, apply }: Bulk, queue: Queue, ids: readonly string[]): Promise<Done> {
  const applied = new Set(await apply(queue, ids))
  const refused: Refusal[] = []
  for (const id of ids.filter((each) => !applied.has(each))) {
    const { code, message } = whyNotDone(verb, id, (await queue.get(id))?.state)
    refused.push({ id, code, because: message })
  }
  return { done: ids.filter((id) => applied.has(id)), refused }
}

/** A later page failed: what was done to those before stays. */
function stopped({ verb }: Bulk, ids: readonly string[], error: unknown): Error {
  const facts = { verb, done: ids.length, ids, problem: asError(error).message }
  return jobError('bulk_incomplete', facts, { cause: error })
}

function usage({ verb }: Bulk, problem: string): Error {
  return cliError('usage', { problem, command: verb })
}
