import type { JobState } from './state.ts'

/**
 * What other queues call what is an option or a state here, in small letters: whoever comes from one is told at the first
 * slip what it is called.
 */

const RUN = " Did you mean 'run'?"
const RETRIES = " Did you mean 'retries'? These do not count the first attempt."
const INPUT = " Did you mean 'input'?"
const INPUT_BEFORE = ' The input is the second argument, before the options.'
const KEY = " Did you mean 'key'?"
const DUE = " Did you mean 'delay' or 'runAt'?"

/** Parts of an item of `enqueueMany`. */
export const ITEM_HINTS: Readonly<Record<string, string>> = { data: INPUT, payload: INPUT }

/** Options of a definition. */
export const DEFINITION_HINTS: Readonly<Record<string, string>> = {
  ...{ handler: RUN, process: RUN, processor: RUN, perform: RUN, execute: RUN },
  ...{ attempts: RETRIES, maxattempts: RETRIES, max_attempts: RETRIES },
  ...ITEM_HINTS,
}

/** Options of one enqueue. */
export const ENQUEUE_HINTS: Readonly<Record<string, string>> = {
  ...{ attempts: RETRIES, maxattempts: RETRIES, max_attempts: RETRIES },
  ...{ data: INPUT_BEFORE, payload: INPUT_BEFORE },
  ...{ jobid: KEY, jobkey: KEY, singletonkey: KEY },
  ...{ startafter: DUE, runafter: DUE },
}

/** States. */
export const STATES_ELSEWHERE: Readonly<Record<string, JobState>> = {
  ...{ done: 'complete', finished: 'complete', succeeded: 'complete' },
  ...{ queued: 'pending', active: 'running', error: 'failed' },
}
