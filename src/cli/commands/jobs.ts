import type { Job } from '../../job/job.ts'
import { systemClock } from '../../kit/clock.ts'
import { oneLine } from '../../kit/visible.ts'
import type { ListOptions } from '../../queue/filter.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { choosesAny, FILTER_OPTIONS, type FilterFlags, filterOf, given, numberOr } from '../filter.ts'
import { idOf } from '../job-id.ts'
import { jobColumns } from '../job-table.ts'
import { nearNames } from '../near-names.ts'
import { withQueue } from '../session.ts'

interface Options extends FilterFlags {
  readonly limit?: string
  readonly before?: string
  readonly watch?: boolean
}

/** `millhand jobs`: lists the jobs that fit, once or live. */
export const jobsCommand: CommandSpec<Options> = {
  name: 'jobs',
  summary: 'List jobs, newest first.',
  options: [
    ...FILTER_OPTIONS,
    { flags: '--limit <count>', doc: 'at most this many (default: 20 for people, 100 with --json)' },
    { flags: '--before <id>', doc: 'only jobs that arrived before this one: the next page' },
    {
      flags: '--watch',
      doc: 'keep the list up to date; with --json, and without a terminal, a line a change',
    },
  ],
  examples: [
    'millhand jobs --state failed --newer-than 1h',
    'millhand jobs --name mail.send --error ECONNREFUSED --json',
    'millhand jobs --state running --watch',
  ],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      if (call.options.watch) await watch(call, queue)
      else await list(call, queue)
      return undefined
    }),
}

const LIMIT_FOR_PEOPLE = 20

async function list(call: Call<Options>, queue: Queue): Promise<void> {
  const jobs = await queue.list(await listOptions(call, queue))
  const hint = jobs.length === 0 && !call.terminal.json ? await nearNames(queue, call.options) : ''
  call.terminal.show(jobs, () => lines(call, jobs, hint))
}

async function listOptions(
  { command, options, terminal }: Call<Options>,
  queue: Queue,
): Promise<ListOptions> {
  const before = options.before === undefined ? undefined : await idOf(queue, options.before, command)
  const limit = numberOr(options.limit) ?? (terminal.json ? undefined : LIMIT_FOR_PEOPLE)
  return { ...filterOf(options), ...given({ limit, before }) }
}

function lines({ options, terminal }: Call<Options>, jobs: readonly Job[], hint = ''): string[] {
  if (jobs.length === 0) return [choosesAny(options) ? `No job fits.${hint}` : 'No jobs yet.']
  return terminal.table(jobColumns(systemClock.now()), jobs)
}

async function watch(call: Call<Options>, queue: Queue): Promise<void> {
  const { interruptible } = await import('../signals.ts')
  await interruptible((signal) =>
    call.terminal.interactive ? redrawList(call, queue, signal) : printChanges(call, queue, signal),
  )
}

async function redrawList(call: Call<Options>, queue: Queue, signal: AbortSignal): Promise<void> {
  const [{ live }, { Screen }] = await Promise.all([import('../live.ts'), import('../screen.ts')])
  const screen = new Screen(call.terminal.stdout)
  // Which job 'last' was is asked once: the list is to stay where it is.
  const options = await listOptions(call, queue)
  const show = async () => screen.draw(lines(call, await queue.list(options)))
  await live({ queue, signal, show }).finally(() => screen.close())
}

/** A change says what happened to which job; what it does not say cannot be asked of it. */
async function printChanges(
  { options, terminal }: Call<Options>,
  queue: Queue,
  signal: AbortSignal,
): Promise<void> {
  const { state, name, queue: queues, watch: _, json: __, store: ___, config: ____, ...others } = options
  const [other] = Object.keys(others)
  if (other !== undefined) {
    const problem = `Without a terminal, --watch takes --state, --name and --queue, not --${other}`
    throw cliError('usage', { problem, command: 'jobs' })
  }
  // A state that there is not would be waited for without a word: refused as the list refuses it.
  await queue.list({ ...filterOf({ ...given({ state, name, queue: queues }) }), limit: 1 })
  const fits = (list: readonly string[] | undefined, value: string) => list?.includes(value) ?? true
  const { eachChange } = await import('../live.ts')
  await eachChange(queue, signal, (change) => {
    if (!fits(state, change.state) || !fits(name, change.name) || !fits(queues, change.queue)) return
    const { at, verb, id } = change
    terminal.show(change, () =>
      oneLine(`${at.toISOString()}  ${verb.padEnd(10)}  ${change.state.padEnd(9)}  ${id}  ${change.name}`),
    )
  })
}
