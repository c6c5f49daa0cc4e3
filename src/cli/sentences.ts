import type { Conflict, Standing } from '../job/key.ts'
import { preview } from '../kit/error.ts'
import { sentence } from '../kit/sentence.ts'
import { didYouMean } from '../kit/suggest.ts'
import { shellWord } from './shell-word.ts'

/** The message of an error for whoever typed a command; `undefined`: it is right as it is. */
export type Words = (facts: never, argv: readonly string[]) => string | undefined

/** Where the job stands that holds a key, and what to do. */
const HOLDS: Readonly<Record<Standing, (conflict: Conflict) => string>> = {
  pending: ({ id }) =>
    `which waits to be run. Leave it, cancel it ('millhand cancel ${id}'), or enqueue with --on-conflict replace.`,
  begun: () =>
    'which a worker has taken already. Enqueue again when it has ended, or with --on-conflict debounce, to be run after it.',
  ended: ({ name, key }) =>
    `which has ended and keeps it by its key scope. To run it again, free the key: millhand free-key ${shellWord(name)} ${shellWord(key)}`,
}

/** Of errors that tell what a program would call: what is typed instead. */
export const SENTENCES: Readonly<Record<string, Words>> = {
  unknown_job({ name, known }: { name: string; known: readonly string[] }, [command = '']) {
    const where =
      command === 'run' ? 'the configuration has no handler' : 'no configuration and no live worker has one'
    return known.length === 0
      ? `No job is named ${preview(name)}: ${where}. Name the configuration with --config, and the module of the job in its 'jobs'.`
      : `No job is named ${preview(name)}.${didYouMean(name, known)} Known here: ${known.join(', ')}. ` +
          "A new one has to be exported by a module in 'jobs' of the configuration."
  },
  config_not_found: ({ file, folder }: { file: string | null; folder: string }) =>
    file === null
      ? `There is no millhand.config.ts or millhand.yaml in ${folder} or above it. 'millhand init' makes one; one that is elsewhere is named by --config FILE.`
      : undefined,
  missing_handler: ({ name }: { name: string }, [command]) =>
    command === 'run'
      ? `Job '${name}' has no handler here, only a definition. Add the module with its handler to 'jobs' of the configuration.`
      : undefined,
  result_timeout: (facts: { id: string; timeoutMs: number; state: string }) =>
    `Job '${facts.id}' is still ${facts.state} after ${facts.timeoutMs} ms. The job goes on; 'millhand explain ${facts.id}' says why it waits.`,
  output_unreadable: ({ id, name }: { id: string; name: string }) =>
    `Job '${name}' (${id}) is complete, and what stands in the store as its output is not JSON: somebody has changed the row. ` +
    `'millhand job ${id}' shows it as it is; mend the row, or run the job again.`,
  drain_timeout: ({ queue, timeoutMs }: { queue: string; timeoutMs: number }) =>
    `Queue '${queue}' still has jobs that are pending or running after ${timeoutMs} ms. They go on; ` +
    `'millhand jobs --queue ${shellWord(queue)} --state pending,running' lists them.`,
  operation_incomplete: (facts: { operation: string; verb: string; problem: string }) =>
    `The ${facts.verb} stopped half way: ${sentence(facts.problem)} What is done stays. ` +
    `Mend the cause, then give the same command again with --operation ${shellWord(facts.operation)}: it goes on, and nothing is done twice.`,
  operation_differs: ({ operation, verb }: { operation: string; verb: string }) =>
    `The operation '${operation}' has begun already, as another one: its filter, its verb (${verb}) or what belongs to it differ. ` +
    "Give --operation an id of its own each time; 'millhand operations' lists them.",
  key_conflict: (facts: Conflict) =>
    `Key ${preview(facts.key)} of job '${facts.name}' is held by job '${facts.id}', ${HOLDS[facts.state](facts)}`,
  not_retryable: ({ id, state }: { id: string; state: string }) =>
    state === 'failed' || state === 'cancelled'
      ? `Job '${id}' cannot be retried: its key is held by another job of its name, which is unfinished or keeps it beyond its end. ` +
        `Wait until that one has ended, or free the key if it has: 'millhand free-key NAME KEY', as 'millhand job ${id}' shows them.`
      : undefined,
  queue_full: ({ queue, limit, option }: { queue: string; limit: number; option?: 'maxSize' }) =>
    `Queue '${queue}' already holds ${limit} pending jobs, which is its limit. Wait until workers have caught up, add workers, ` +
    `or raise ${option ? "its 'maxSize' in 'queues'" : "'queue.pendingMax'"} of the configuration.`,
  schedule_not_found: ({ name, known }: { name: string; known: readonly string[] }) =>
    `No schedule is named ${preview(name)}.${didYouMean(name, known)} There are: ${known.join(', ') || 'none'}. ` +
    "Set it first, with 'millhand schedules set' or in 'schedules' of the configuration.",
  setup_failed: ({ problem }: { problem: string }, [command]) =>
    `The setup of the worker failed: ${sentence(problem)} Nothing was ${command === 'run' ? 'run' : 'claimed'}, and there is nothing to tear down. ` +
    `Mend 'worker.setup' of the configuration, then give the command again.`,
  setup_timed_out: ({ timeoutMs }: { timeoutMs: number }) =>
    `The setup of the worker has not ended within ${timeoutMs} ms. Nothing was claimed; what it gives later is torn down. ` +
    "See what it waits for, or raise 'worker.setupTimeout' of the configuration.",
}
