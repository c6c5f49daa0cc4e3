import type { Schedule } from '../../job/schedule.ts'
import type { ScheduleOptions } from '../../job/schedule-options.ts'
import { formatDuration } from '../../kit/duration.ts'
import { didYouMean } from '../../kit/suggest.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { noneOf } from '../elsewhere.ts'
import { cliError } from '../errors.ts'
import { given, numberOr } from '../filter.ts'
import { withQueue } from '../session.ts'
import type { Column } from '../table.ts'
import { flagOf } from '../words.ts'

interface Options {
  readonly cron?: string
  readonly timeZone?: string
  readonly every?: string
  readonly at?: string
  readonly overlap?: string
  readonly catchUp?: string
  readonly jitter?: string
  readonly queue?: string
  readonly count?: string
}

const COLUMNS: readonly Column<Schedule>[] = [
  { title: 'SCHEDULE', text: ({ name }) => name, shrinksTo: 8 },
  { title: 'WHEN', text: whenOf, shrinksTo: 10 },
  { title: 'JOB', text: ({ job }) => job, shrinksTo: 8 },
  {
    title: 'STATE',
    text: ({ state }) => state,
    style: ({ state }) => (state === 'paused' ? 'yellow' : undefined),
  },
  {
    title: 'ORIGIN',
    text: ({ origin }) => origin,
    style: ({ origin }) => (origin === 'undeclared' ? 'yellow' : undefined),
  },
  { title: 'NEXT', text: ({ nextAt }) => nextAt?.toISOString() ?? '' },
  { title: 'PROBLEM', text: ({ problem }) => problem ?? '', style: () => 'red', shrinksTo: 8 },
]

function whenOf({ cron, timeZone, everyMs, at }: Schedule): string {
  if (cron !== undefined) return `${cron} ${timeZone}`
  return everyMs === undefined ? `at ${at?.toISOString()}` : `every ${formatDuration(everyMs)}`
}

type Verb = (queue: Queue, name: string, call: Call<Options>) => Promise<void>

/** What is done to one schedule, by its verb. */
const VERBS: Readonly<Record<string, Verb>> = {
  set: async (queue, name, call) => show(call, await queue.schedules.set(name, await optionsOf(call))),
  pause: async (queue, name, call) => show(call, await queue.schedules.pause(name)),
  resume: async (queue, name, call) => show(call, await queue.schedules.resume(name)),
  run: async (queue, name, { terminal }) => {
    const { id } = await queue.schedules.run(name)
    terminal.show({ id }, () => id)
  },
  next: async (queue, name, { terminal, options }) => {
    const times = await queue.schedules.next(name, numberOr(options.count) as number | undefined)
    terminal.show(times, () => times.map((time) => time.toISOString()))
  },
  remove: async (queue, name, { terminal }) => {
    const removed = await queue.schedules.remove(name)
    const near = removed ? '' : didYouMean(name, await namesIn(queue))
    terminal.show({ name, removed }, () =>
      removed ? `'${name}' is removed.` : `There is no '${name}'.${near}`,
    )
  },
}

/** `millhand schedules`: what is enqueued by itself. */
export const schedulesCommand: CommandSpec<Options> = {
  name: 'schedules',
  arguments: [
    ['[verb]', 'set, pause, resume, run, next or remove; without one, all are listed'],
    ['[name]', 'the name of the schedule'],
    ['[job]', 'with set: the name of its job'],
    ['[json]', 'with set: the input of its jobs'],
  ],
  summary: 'List the schedules, or set, pause, resume, run or remove one, or tell when it comes next.',
  options: [
    {
      flags: '--cron <pattern>',
      doc: 'with set: five fields, six with seconds first, or @daily and the like',
    },
    { flags: '--time-zone <zone>', doc: 'with set: the time zone of the pattern (default: UTC)' },
    { flags: '--every <duration>', doc: 'with set: at whole multiples of this, such as 1h' },
    { flags: '--at <time>', doc: 'with set: once, at this time, with its zone' },
    { flags: '--overlap <what>', doc: 'with set: skip, queue or cancelPrevious (default: skip)' },
    { flags: '--catch-up <what>', doc: 'with set: none, last or all (default: last)' },
    { flags: '--jitter <duration>', doc: 'with set: each tick is put off by up to this much' },
    { flags: '--queue <queue>', doc: "with set: the queue that its jobs go to (default: the definition's)" },
    { flags: '--count <count>', doc: 'with next: how many times (default: 5)' },
  ],
  examples: [
    'millhand schedules --json',
    `millhand schedules set nightly reports.build '{"kind":"all"}' --cron '0 3 * * *' --time-zone Europe/Berlin`,
    'millhand schedules next nightly --count 3',
    'millhand schedules pause nightly',
    'millhand schedules run nightly',
  ],
  run: async (call) => {
    const [verb = 'list', name = ''] = call.args
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (!act && verb !== 'list') refuse(noneOf(verb, ['list', ...Object.keys(VERBS)]))
    if (act && name === '') refuse(`${verb} needs the name of a schedule`)
    requireNoMore(verb, call.args)
    requireSense(verb, call.options)
    return withQueue(call, { jobs: verb === 'set' }, async (queue) => {
      if (act) await act(queue, name, call)
      else await list(queue, call)
      return undefined
    })
  },
}

const namesIn = async (queue: Queue) => (await queue.schedules.list()).map(({ name }) => name)

/** So are words. @throws MillhandError `usage` */
function requireNoMore(verb: string, args: readonly string[]): void {
  if (verb === 'set') return
  const stray = args[verb === 'list' ? 1 : 2]
  if (stray !== undefined)
    refuse(
      verb === 'list'
        ? `list shows all, and takes no '${stray}'`
        : `${verb} takes a name alone, and no '${stray}'`,
    )
}

/** Flags that say nothing of what is done are a slip. @throws MillhandError `usage` */
function requireSense(verb: string, { cron, timeZone, every, at, ...others }: Options): void {
  const { overlap, catchUp, jitter, queue, count } = others
  const ofSet = Object.entries({ cron, timeZone, every, at, overlap, catchUp, jitter, queue })
  const [stray] = ofSet.find(([, value]) => value !== undefined) ?? []
  if (verb !== 'set' && stray !== undefined) refuse(`${flagOf('schedules', stray)} is for set`)
  if (verb === 'set' && [cron, every, at].every((each) => each === undefined))
    refuse('set needs one of --cron, --every and --at')
  if (verb !== 'next' && count !== undefined) refuse('--count is for next')
}

async function list(queue: Queue, { terminal }: Call<Options>): Promise<void> {
  const schedules = await queue.schedules.list()
  terminal.show(schedules, () =>
    schedules.length === 0 ? 'There are no schedules.' : terminal.table(COLUMNS, schedules),
  )
}

function show({ terminal }: Call<Options>, schedule: Schedule): void {
  terminal.show(schedule, () => terminal.table(COLUMNS, [schedule]))
}

async function optionsOf({ args, options }: Call<Options>): Promise<ScheduleOptions> {
  const [, , job, json] = args
  if (job === undefined) refuse('set needs the name of a job')
  const { parseJson } = await import('../json-text.ts')
  const { cron, timeZone, every, at, overlap, catchUp, jitter, queue } = options
  const input = json === undefined ? undefined : parseJson('the input', json)
  const times = { cron, timeZone, every: numberOr(every), at, jitter: numberOr(jitter) }
  return given({ job, input, ...times, overlap, catchUp, queue }) as ScheduleOptions
}

/** @throws MillhandError `usage` */
function refuse(problem: string): never {
  throw cliError('usage', { problem, command: 'schedules' })
}
