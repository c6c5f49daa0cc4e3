import { errorFactory } from '../kit/error.ts'

/** Why a running handler was aborted: the `reason` of its signal. */
export const interruptionErrors = {
  timed_out: (facts: { timeoutMs: number }) =>
    `The attempt took longer than its timeout of ${facts.timeoutMs} ms. Give it more time, or make it smaller.`,
  stalled: (facts: { stallTimeoutMs: number }) =>
    `The attempt showed no progress for ${facts.stallTimeoutMs} ms. Call ctx.progress while it works, or raise stallTimeout.`,
  cancelled: (facts: { reason: string }) => `The job was cancelled: ${facts.reason}`,
  lease_lapsed: (facts: { worker: string }) =>
    `Worker '${facts.worker}' lost its lease: its jobs may run elsewhere by now, and its results are refused.`,
  worker_stopping: (facts: { worker: string }) =>
    `Worker '${facts.worker}' is stopping: the job goes back to its queue and runs again.`,
} as const

export const interruptionError = errorFactory(interruptionErrors)

export type Interruption = ReturnType<typeof interruptionError>
