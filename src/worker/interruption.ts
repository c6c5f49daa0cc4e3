import { errorFactory } from '../kit/error.ts'

/** A number without a unit is milliseconds, and easily meant as seconds. */
function inSeconds(option: string, given: number): string {
  return `It was given without a unit: if seconds are meant, write ${option}: '${given}s'. `
}

/** Why a running handler was aborted: the `reason` of its signal. */
export const interruptionErrors = {
  timed_out: (facts: { timeoutMs: number; bare?: true; deadline?: string }) =>
    facts.deadline === undefined
      ? `The attempt took longer than its timeout of ${facts.timeoutMs} ms. ${facts.bare ? inSeconds('timeout', facts.timeoutMs) : ''}` +
        'Give it more time, or make it smaller.'
      : `The deadline of the job, ${facts.deadline}, has passed ${facts.timeoutMs} ms after this attempt began. ` +
        'Give it more time, or start it sooner.',
  stalled: (facts: { stallTimeoutMs: number; bare?: true }) =>
    `The attempt showed no progress for ${facts.stallTimeoutMs} ms. ${facts.bare ? inSeconds('stallTimeout', facts.stallTimeoutMs) : ''}` +
    'Call ctx.progress while it works, or raise stallTimeout.',
  cancelled: (facts: { reason: string }) => `The job was cancelled: ${facts.reason}`,
  lease_lapsed: (facts: { worker: string }) =>
    `Worker '${facts.worker}' lost its lease: its jobs may run elsewhere by now, and its results are refused.`,
  worker_stopping: (facts: { worker: string }) =>
    `Worker '${facts.worker}' is stopping: the job goes back to its queue and runs again.`,
  waits_for_child: (facts: { worker: string; child: string }) =>
    `Worker '${facts.worker}' is stopping while the job waits for job '${facts.child}': it goes back to its queue, and finds that one when it runs again.`,
  too_many_waiting: (facts: { worker: string; child: string; limit: number }) =>
    `Worker '${facts.worker}' has ${facts.limit} jobs already that wait for their children: the job goes back to its queue for a moment, ` +
    `and finds job '${facts.child}' when it runs again.`,
} as const

export const interruptionError = errorFactory(interruptionErrors)

export type Interruption = ReturnType<typeof interruptionError>
