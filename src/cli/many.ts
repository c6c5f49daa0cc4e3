import { userInfo } from 'node:os'
import { OPERATIONS, type OperationVerb } from '../job/operation.ts'
import { type JobState, STATES } from '../job/state.ts'
import { isMillhandError } from '../kit/error.ts'
import type { Matching, MatchingOptions, OperationProgress, OperationResult } from '../queue/api/matching.ts'
import type { Queue } from '../queue/queue.ts'
import type { Call, OptionSpec } from './command.ts'
import { cliError } from './errors.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { choosesAny, FILTER_OPTIONS, type FilterFlags, filterOf, given } from './filter.ts'
import { nearNames } from './near-names.ts'
import { tell } from './tell.ts'
import { inCommandWords } from './words.ts'

export interface ManyFlags extends FilterFlags {
  readonly all?: boolean
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly operation?: string
  readonly by?: string
}

export const MANY_OPTIONS: readonly OptionSpec[] = [
  ...FILTER_OPTIONS,
  { flags: '--all', doc: 'in place of a filter: all jobs' },
  { flags: '--yes', doc: 'needed with a filter: really do it to all that fit' },
  { flags: '--dry-run', doc: 'only say how many jobs it would be' },
  { flags: '--operation <id>', doc: 'an id of your own: called again with it, it goes on where it stopped' },
  {
    flags: '--by <name>',
    doc: 'who asks for it, for millhand operations (default: the user of this machine)',
  },
]

/** What is done to all jobs that fit. */
export interface Many {
  readonly verb: OperationVerb
  /** The verb as it stands after it was done. */
  readonly done: string
  readonly apply: (jobs: Matching, options: MatchingOptions) => Promise<OperationResult>
}

/** @throws MillhandError `usage`, `confirmation_required`, and what `queue.matching` throws */
export async function runMany(
  many: Many,
  call: Call<ManyFlags>,
  queue: Queue,
): Promise<ExitCode | undefined> {
  const { options, terminal } = call
  requireChoice(many, options)
  if (options.yes && !options.dryRun) return doAll(many, call, queue)
  const would = await many.apply(meant(queue, options), { dryRun: true })
  if (would.jobs > 0 && !options.dryRun)
    throw cliError('confirmation_required', { verb: many.verb, count: would.jobs })
  const hint = await hintFor(would, call, queue)
  terminal.show(would, () => `${would.jobs} job(s) ${options.dryRun ? 'would be ' : ''}${many.done}.${hint}`)
  return undefined
}

function meant(queue: Queue, options: ManyFlags): Matching {
  return queue.matching(options.all ? { all: true } : filterOf(options))
}

/** For people: where it was done to none, the names that may have been meant. */
async function hintFor(
  { jobs }: OperationResult,
  { options, terminal }: Call<ManyFlags>,
  queue: Queue,
): Promise<string> {
  return jobs > 0 || terminal.json ? '' : nearNames(queue, options)
}

async function doAll(many: Many, call: Call<ManyFlags>, queue: Queue): Promise<ExitCode | undefined> {
  const { options, terminal } = call
  const onProgress = ({ jobs: done, total }: OperationProgress) =>
    terminal.progress(done, total, `job(s) ${many.done}`)
  const asked = given({ operation: options.operation, by: options.by ?? userName() })
  const { interruptible } = await import('./signals.ts')
  return interruptible(async (signal) => {
    try {
      // To know how many there are in all costs a count.
      const told = terminal.json ? {} : { onProgress }
      const result = await many.apply(meant(queue, options), { ...asked, ...told, signal })
      const hint = await hintFor(result, call, queue)
      terminal.show(result, () => `${result.jobs} job(s) ${many.done}.${hint}`)
      return undefined
    } catch (error) {
      if (!signal.aborted || !isMillhandError(error, 'operation_incomplete')) throw error
      tell(inCommandWords(error, [many.verb]), terminal)
      return EXIT.interrupted
    }
  })
}

/** Jobs of a state in which it can never be done are not left out without a word. */
function requireChoice({ verb, done }: Many, options: ManyFlags): void {
  const refuse = (problem: string) => cliError('usage', { problem, command: verb })
  if (options.all && choosesAny(options)) throw refuse('Give a filter or --all, not both')
  if (!options.all && !choosesAny(options))
    throw refuse('Give a filter such as --name, or --all for all jobs')
  const possible: readonly string[] = OPERATIONS[verb]
  const asked = options.scheduled ? ['pending', ...(options.state ?? [])] : (options.state ?? [])
  const impossible = asked.find((state) => isState(state) && !possible.includes(state))
  if (impossible !== undefined)
    throw refuse(`Only jobs that are ${possible.join(' or ')} can be ${done}, not ${impossible} ones`)
}

function isState(text: string): text is JobState {
  return (STATES as readonly string[]).includes(text)
}

/** A process may run as a user without a name. */
function userName(): string | undefined {
  try {
    return userInfo().username
  } catch {
    return undefined
  }
}
