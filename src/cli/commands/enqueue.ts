import { existsSync } from 'node:fs'
import type { Config } from '../../config/index.ts'
import type { EnqueueOptions } from '../../job/enqueue-options.ts'
import { jobError } from '../../job/errors.ts'
import type { JobHandle } from '../../job/handle.ts'
import type { Requirement } from '../../job/requirements.ts'
import type { Duration } from '../../kit/duration.ts'
import type { Call, CommandSpec } from '../command.ts'
import { toJson } from '../door.ts'
import { cliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { given, numberOr } from '../filter.ts'
import { readInput } from '../input.ts'
import { remarkOn } from '../remark.ts'
import { fileOf, withQueue } from '../session.ts'
import { readTime } from '../time.ts'

interface Options {
  readonly queue?: string
  readonly priority?: string
  readonly delay?: string
  readonly runAt?: string
  readonly expiresIn?: string
  readonly deadline?: string
  readonly key?: string
  readonly keyScope?: string
  readonly onConflict?: string
  readonly group?: string
  readonly requires?: readonly string[]
  readonly tag?: readonly string[]
  readonly context?: string
  readonly retries?: string
  readonly timeout?: string
  readonly wait?: boolean
  readonly waitTimeout?: string
}

/** `millhand enqueue NAME JSON`: checks the input, then enqueues. */
export const enqueueCommand: CommandSpec<Options> = {
  name: 'enqueue',
  arguments: [
    ['<name>', 'the name of the job'],
    ['[json]', "its input; '-' reads it from standard input"],
  ],
  summary: 'Enqueue a job. Its input is checked against the schema of its definition first.',
  options: [
    { flags: '--queue <queue>', doc: "the queue that it goes to (default: the definition's)" },
    { flags: '--priority <number>', doc: "higher runs first (default: the definition's)" },
    { flags: '--delay <duration>', doc: 'due this long from now, such as 5m' },
    { flags: '--run-at <time>', doc: 'due at this time, with its zone, such as 2026-05-01T08:00:00Z' },
    { flags: '--expires-in <duration>', doc: 'fails as expired when nobody has started it in this time' },
    {
      flags: '--deadline <duration>',
      doc: "longest time for all attempts together (default: the definition's)",
    },
    { flags: '--key <key>', doc: 'while an unfinished job of this name has the same key, gives that one' },
    {
      flags: '--key-scope <scope>',
      doc: 'how long the key is held: active (while the job is unfinished), forever, or a duration',
    },
    {
      flags: '--on-conflict <policy>',
      doc: 'what happens where it is held: existing, reject, replace or debounce',
    },
    {
      flags: '--group <group>',
      doc: "whose it is, such as a tenant: groups take turns (default: the definition's)",
    },
    {
      flags: '--requires <words>',
      doc: "what its worker has to be able to do, with commas, such as gpu,version>=2 (default: the definition's)",
      many: true,
      commas: true,
    },
    { flags: '--tag <tag>', doc: 'a label to find it by; may be given several times', many: true },
    { flags: '--context <json>', doc: 'an object that travels with the job' },
    { flags: '--retries <count>', doc: "retries after a failed attempt (default: the definition's)" },
    {
      flags: '--timeout <duration>',
      doc: "longest time that one attempt may take (default: the definition's)",
    },
    { flags: '--wait', doc: 'wait until the job is settled and print its output; a failed job exits with 4' },
    { flags: '--wait-timeout <duration>', doc: 'with --wait: longest time to wait (default: for ever)' },
  ],
  examples: [
    `millhand enqueue library.index_document '{"path":"a.pdf"}'`,
    `millhand enqueue mail.send - --delay 5m --tag campaign < mail.json`,
    `millhand enqueue report.build '{"day":"2026-05-01"}' --wait --json`,
    `millhand enqueue report.build '{"day":"2026-05-01"}' --key 2026-05-01 --key-scope 30d --on-conflict reject`,
  ],
  run: async (call) => {
    requireSense(call.options)
    const input = await readInput(call)
    const options = await enqueueOptions(call.options)
    const [name = ''] = call.args
    const before = (config: Config) => requireKnown(config, name)
    return withQueue(call, { jobs: true, create: true, before }, async (queue) => {
      const job = await queue.enqueue(name, input, options)
      queue.on('no_worker', () => call.terminal.note(`No live worker handles it: millhand explain ${job.id}`))
      if (call.options.wait) return waitFor(job, call)
      const { id, existed, replaced } = job
      call.terminal.show({ id, existed, replaced }, () => `${id}${remarkOn(job)}`)
      return undefined
    })
  },
}

/** Where there is no file yet, no worker has told its names there either: a slip makes none. @throws MillhandError `unknown_job` */
function requireKnown({ store, specs }: Config, name: string): void {
  const file = fileOf(store)
  const known = specs.map((spec) => spec.name)
  if (file !== undefined && !existsSync(file) && !known.includes(name))
    throw jobError('unknown_job', { name, known })
}

/** Flags that say nothing together, or nothing alone, are a slip. */
function requireSense({ delay, runAt, wait, waitTimeout }: Options): void {
  const refuse = (problem: string) => cliError('usage', { problem, command: 'enqueue' })
  if (delay !== undefined && runAt !== undefined)
    throw refuse('--delay and --run-at both say when: give one of them')
  if (waitTimeout !== undefined && !wait) throw refuse('--wait-timeout is for --wait')
}

async function enqueueOptions(options: Options): Promise<EnqueueOptions> {
  const { queue, priority, delay, runAt, expiresIn, deadline, tag, context, retries, timeout } = options
  const { key, keyScope, onConflict, group, requires } = options
  const { parseJson } = await import('../json-text.ts')
  return given({
    queue,
    priority: numberOr(priority),
    delay: numberOr(delay),
    runAt: runAt === undefined ? undefined : readTime('--run-at', runAt),
    expiresIn: numberOr(expiresIn),
    deadline: numberOr(deadline),
    key,
    keyScope: numberOr(keyScope),
    onConflict,
    group,
    requires: requires?.map(requirementOf),
    tags: tag,
    context: context === undefined ? undefined : parseJson('--context', context),
    retries: numberOr(retries),
    timeout: numberOr(timeout),
  }) as EnqueueOptions
}

/** A capability, or a range of versions. What is neither is refused where it is read. */
function requirementOf(word: string): Requirement {
  return /^version *[<>=]/.test(word) ? { version: word.slice('version'.length) } : word
}

/** Waits for a job and shows its output, or which job it has left when it is interrupted. */
export async function waitFor(
  job: Pick<JobHandle, 'id' | 'result'>,
  { options, terminal }: Call<Options>,
): Promise<ExitCode | undefined> {
  const { interruptible } = await import('../signals.ts')
  const timeout = numberOr(options.waitTimeout) as Duration | undefined
  terminal.note(`${job.id} is enqueued; waiting for it`)
  return interruptible(async (signal) => {
    try {
      const output = await job.result({ signal, ...(timeout === undefined ? {} : { timeout }) })
      terminal.show({ id: job.id, state: 'complete', output: output ?? null }, () =>
        toJson(output ?? null, 2),
      )
      return undefined
    } catch (error) {
      if (!signal.aborted) throw error
      terminal.note(`The job goes on: millhand job ${job.id}`)
      // A program would not know which job it has left.
      terminal.show({ id: job.id }, () => [])
      return EXIT.interrupted
    }
  })
}
