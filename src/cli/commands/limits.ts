import type { LimitChange } from '../../job/limit-change.ts'
import type { LimitState } from '../../queue/limits.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { noneOf } from '../elsewhere.ts'
import { cliError } from '../errors.ts'
import { given, numberOr } from '../filter.ts'
import { KEY_COLUMNS, LIMIT_COLUMNS } from '../limit-table.ts'
import { withQueue } from '../session.ts'

interface Options {
  readonly concurrency?: string
  readonly rate?: string
  readonly limit?: string
}

type Verb = (queue: Queue, name: string, call: Call<Options>) => Promise<void>

/** What is done to one limit, by its verb. */
const VERBS: Readonly<Record<string, Verb>> = {
  show,
  set: async (queue, name, { options, terminal }) => {
    const state = await queue.limits.set(name, changeOf(options))
    terminal.show(state, () => terminal.table(LIMIT_COLUMNS, [state]))
  },
  reset: async (queue, name, { terminal }) => {
    const state = await queue.limits.reset(name)
    terminal.show(state, () => terminal.table(LIMIT_COLUMNS, [state]))
  },
}

/** `millhand limits`: what jobs are held to. */
export const limitsCommand: CommandSpec<Options> = {
  name: 'limits',
  arguments: [
    ['[verb]', 'show, set or reset; without one, all are listed'],
    ['[name]', 'the name of the limit'],
  ],
  summary: 'List the limits, show who holds one and how many wait, or change what it lets pass.',
  options: [
    {
      flags: '--concurrency <count>',
      doc: 'with set: how many of its jobs run at a time, of each key; none: any number',
    },
    {
      flags: '--rate <rate>',
      doc: 'with set: how many of them start in a window of time, such as 60/1m; none: any number',
    },
    { flags: '--limit <count>', doc: 'with show: keys at most, by name (default: 100)' },
  ],
  examples: [
    'millhand limits --json',
    'millhand limits show openai',
    'millhand limits set openai --concurrency 5 --rate 60/1m',
    'millhand limits reset openai',
  ],
  run: async (call) => {
    const [verb = 'list', name = ''] = call.args
    const act = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
    if (!act && verb !== 'list') refuse(noneOf(verb, ['list', ...Object.keys(VERBS)]))
    if (act && name === '') refuse(`${verb} needs the name of a limit`)
    if (!act && name !== '') refuse(`list shows all, and takes no '${name}': show does`)
    requireSense(verb, call.options)
    return withQueue(call, {}, async (queue) => {
      if (act) await act(queue, name, call)
      else await list(queue, call)
      return undefined
    })
  },
}

async function list(queue: Queue, { terminal }: Call<Options>): Promise<void> {
  const states = await queue.limits.list()
  terminal.show(states, () =>
    states.length === 0 ? 'There are no limits.' : terminal.table(LIMIT_COLUMNS, states),
  )
}

async function show(queue: Queue, name: string, { options, terminal }: Call<Options>): Promise<void> {
  const keys = await queue.limits.keys(name, given({ limit: numberOr(options.limit) }))
  // There is one: its keys are refused where there is none, and a limit is never taken away.
  const limit = (await queue.limits.get(name)) as LimitState
  terminal.show({ limit, keys }, () => [
    ...terminal.table(LIMIT_COLUMNS, [limit]),
    '',
    ...(keys.length === 0 ? ['Nobody holds it, and nobody waits.'] : terminal.table(KEY_COLUMNS, keys)),
  ])
}

/** Flags that say nothing of what is done are a slip. */
function requireSense(verb: string, { concurrency, rate, limit }: Options): void {
  const changes = concurrency !== undefined || rate !== undefined
  if (verb === 'set' && !changes) refuse('set needs --concurrency, --rate or both')
  if (verb !== 'set' && changes) refuse('--concurrency and --rate are for set')
  if (verb !== 'show' && limit !== undefined) refuse('--limit is for show')
}

/** What lifts a part of a limit. */
const NONE = 'none'

function changeOf({ concurrency, rate }: Options): LimitChange {
  return given({
    concurrency: concurrency === NONE ? null : numberOr(concurrency),
    rate: rate === NONE ? null : rateOf(rate),
  })
}

/** `60/1m` as a rate; what is wrong with its parts is told by whoever takes it. */
function rateOf(text: string | undefined): object | undefined {
  if (text === undefined) return undefined
  const [count, per, ...rest] = text.split('/')
  if (!count || !per || rest.length > 0)
    refuse(`--rate is '${text}', expected a count and a window of time, such as 60/1m`)
  return { count: numberOr(count), per: numberOr(per) }
}

/** @throws MillhandError `usage` */
function refuse(problem: string): never {
  throw cliError('usage', { problem, command: 'limits' })
}
