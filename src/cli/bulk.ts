import type { JobState } from '../job/state.ts'
import type { Queue } from '../queue/queue.ts'
import type { Call, OptionSpec } from './command.ts'
import { cliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { choosesAny, FILTER_OPTIONS, type FilterFlags, filterOf } from './filter.ts'

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
  readonly because: string
}

async function toNamed(bulk: Bulk, { args, terminal }: Call, queue: Queue): Promise<ExitCode | undefined> {
  const done = await inOrder(bulk, queue, args)
  const refused: Refusal[] = []
  let missing = false
  for (const id of args.filter((each) => !done.includes(each))) {
    const job = await queue.get(id)
    missing ||= job === null
    refused.push({ id, because: job ? `it is ${job.state}` : 'there is no such job' })
  }
  terminal.show({ [bulk.done]: done, refused }, () => done.map((id) => `${id} ${bulk.done}`))
  if (!terminal.json)
    for (const { id, because } of refused) terminal.note(`${id} not ${bulk.done}: ${because}`)
  if (missing) return EXIT.notFound
  return refused.length > 0 ? EXIT.failed : undefined
}

async function toFitting(
  bulk: Bulk,
  { options, terminal }: Call<BulkFlags>,
  queue: Queue,
): Promise<undefined> {
  const states = options.state ? bulk.states.filter((state) => options.state?.includes(state)) : bulk.states
  if (states.length === 0)
    throw usage(bulk, `Only jobs that are ${bulk.states.join(' or ')} can be ${bulk.done}`)
  const filter = { ...filterOf(options), state: states }
  const count = await queue.count(filter)
  if (count > 0 && !options.yes) throw cliError('confirmation_required', { verb: bulk.verb, count })
  const done: string[] = []
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
    done.push(
      ...(await inOrder(
        bulk,
        queue,
        page.map((job) => job.id),
      )),
    )
  }
  terminal.show({ [bulk.done]: done, refused: [] }, () => `${done.length} job(s) ${bulk.done}.`)
  return undefined
}

/** A store gives the ids in its own order; people and scripts expect the one that they gave. */
async function inOrder({ apply }: Bulk, queue: Queue, ids: readonly string[]): Promise<string[]> {
  const done = await apply(queue, ids)
  return ids.filter((id) => done.includes(id))
}

function usage({ verb }: Bulk, problem: string): Error {
  return cliError('usage', { problem, command: `${verb} ` })
}
