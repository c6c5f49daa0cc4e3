import { whyNotDone } from '../job/not-done.ts'
import { oneLine } from '../kit/visible.ts'
import type { Queue } from '../queue/queue.ts'
import type { Call } from './command.ts'
import { cliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { choosesAny } from './filter.ts'
import { idsOf } from './job-id.ts'
import { type Many, type ManyFlags, runMany } from './many.ts'
import type { Terminal } from './terminal.ts'
import { inCommandWords } from './words.ts'

/** What is done to several jobs: to those with the ids that were given, or to all that a filter chooses. */
export interface Bulk {
  readonly verb: 'cancel' | 'retry'
  /** The verb as it stands after it was done; the name of the list in the JSON. */
  readonly done: 'cancelled' | 'retried'
  /** Does it; gives the ids of the jobs that it was done to. */
  readonly apply: (queue: Queue, ids: readonly string[]) => Promise<string[]>
  /** Does it to all that fit. */
  readonly toAll: Many['apply']
}

/** What would be left out without a word beside ids. */
const FOR_A_FILTER = [
  ['dryRun', '--dry-run'],
  ['operation', '--operation'],
  ['by', '--by'],
] as const

export async function runBulk(
  bulk: Bulk,
  call: Call<ManyFlags>,
  queue: Queue,
): Promise<ExitCode | undefined> {
  const { args, options } = call
  const byFilter = choosesAny(options) || options.all === true
  if (byFilter && args.length > 0) throw usage(bulk, 'Give ids or a filter, not both')
  if (!byFilter && args.length === 0) throw usage(bulk, 'Give the ids of jobs, or a filter such as --name')
  const [flag] = byFilter ? [] : FOR_A_FILTER.filter(([name]) => options[name] !== undefined)
  if (flag) throw usage(bulk, `${flag[1]} goes with a filter, not with ids`)
  return byFilter ? runMany({ ...bulk, apply: bulk.toAll }, call, queue) : toNamed(bulk, call, queue)
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

async function toNamed(
  bulk: Bulk,
  { args, command, terminal }: Call,
  queue: Queue,
): Promise<ExitCode | undefined> {
  const { done, refused } = await toEach(bulk, queue, await idsOf(queue, args, command))
  terminal.show({ [bulk.done]: done, refused }, () => done.map((id) => oneLine(`${id} ${bulk.done}`)))
  tellRefused(refused, terminal)
  if (refused.some(({ code }) => code === 'job_not_found')) return EXIT.notFound
  return refused.length > 0 ? EXIT.failed : undefined
}

function tellRefused(refused: readonly Refusal[], terminal: Terminal): void {
  for (const { code, because } of refused) terminal.refuse(`${because} (${code})`)
}

/**
 * Does it, and says why to which jobs it was not done. A store gives the ids in its own order; people and scripts expect
 * the one that they gave.
 */
async function toEach({ verb, apply }: Bulk, queue: Queue, ids: readonly string[]): Promise<Done> {
  const applied = new Set(await apply(queue, ids))
  const refused: Refusal[] = []
  for (const id of ids.filter((each) => !applied.has(each))) {
    const { code, message } = inCommandWords(whyNotDone(verb, id, (await queue.get(id))?.state), [verb])
    refused.push({ id, code, because: message })
  }
  return { done: ids.filter((id) => applied.has(id)), refused }
}

function usage({ verb }: Bulk, problem: string): Error {
  return cliError('usage', { problem, command: verb })
}
