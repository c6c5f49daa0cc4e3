import { errorFactory } from '../kit/error.ts'

/** What the test kit refuses. docs/errors.md lists them with the others. */
export const testingErrors = {
  not_idle: (facts: { jobs: number; virtualMs: number; last: string; limit: string }) =>
    `The queue is not idle after ${facts.jobs} jobs and ${facts.virtualMs} ms of virtual time, which is past ` +
    `${facts.limit}; the last job that ran was '${facts.last}'. A job that always enqueues another one, or always ` +
    'snoozes, never ends: give it an end, or raise the limit.',
  no_queue: (facts: { what: string; runner: string; instead: string }) =>
    `${facts.what} needs a queue, and ${facts.runner} has none. ${facts.instead}`,
} as const

export const testingError = errorFactory(testingErrors)
