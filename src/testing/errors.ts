import { errorFactory } from '../kit/error.ts'

/** What the test kit refuses. docs/errors.md lists them with the others. */
export const testingErrors = {
  not_idle: (facts: { jobs: number; virtualMs: number; last: string; limit: string }) =>
    `The queue is not idle after ${facts.jobs} jobs and ${facts.virtualMs} ms of virtual time, which is past ` +
    `${facts.limit}; the last job that ran was '${facts.last}'. A job that always enqueues another one, or always ` +
    'snoozes, never ends: give it an end, or raise the limit.',
  no_queue: (facts: { what: string; runner: string; instead: string }) =>
    `${facts.what} needs a queue, and ${facts.runner} has none. ${facts.instead}`,
  run_incomplete: (facts: { name: string; end: string }) =>
    `crashSweep: without any crash, '${facts.name}' ended as ${facts.end}. A sweep compares with a run that completes: ` +
    "make it complete with this input and this setup. For what memory cannot do, such as ctx.transaction, pass { store: 'sqlite' }.",
  not_repeatable: (facts: { name: string; problem: string }) =>
    `crashSweep: '${facts.name}' does not do the same in every run: ${facts.problem}. A sweep needs that. Let 'setup' make ` +
    "everything anew, leave times and random numbers out of 'state', and give the handler a clock and random numbers of the test.",
  handler_stuck: (facts: { name: string; timeoutMs: number; last: string | undefined }) =>
    `crashSweep: a run of '${facts.name}' is not over after ${facts.timeoutMs} ms; the last call that was counted is ` +
    `${facts.last ?? 'none'}. No time passes for the job meanwhile, and nobody runs other jobs that it may wait for. ` +
    "Put something that answers at once in place of what it waits for, or raise 'timeout'.",
  state_not_comparable: (facts: { problem: string }) =>
    `crashSweep: what 'state' gave cannot be compared: ${facts.problem}. Return data that structuredClone can copy: ` +
    'rows, lists, texts, not functions or connections.',
} as const

export const testingError = errorFactory(testingErrors)
