/**
 * The states of a job and everything that may happen to it. This table is the whole truth: the stores enforce it
 * in the `where` of every write, the docs print it, and a test compares the diagram in ARCHITECTURE.md with it.
 *
 *   pending ─────────── claim ───────────▶ running ─── complete ───▶ complete
 *    ▲   │                                  │ │ └───── fail ───────▶ failed
 *    │   └──────────── cancel ──────────────┼─┴────────────────────▶ cancelled
 *    └── retry, snooze, release, rescue ────┘
 *
 * `pending` with a due time in the future is "scheduled": a view, not a state. So is "held": a pending job that a worker
 * has claimed ahead and has not begun. One that ends before its `start` was written is settled as if it had been.
 */
export const STATES = ['pending', 'running', 'complete', 'failed', 'cancelled'] as const

export type JobState = (typeof STATES)[number]

/** States that a job does not leave by itself. An operator's `retry` is the only way out of two of them. */
export const FINAL_STATES = ['complete', 'failed', 'cancelled'] as const

export type FinalState = (typeof FINAL_STATES)[number]

interface Transition {
  readonly from: readonly JobState[]
  readonly to: JobState
  readonly why: string
}

/** One verb per transition, the same in the API, the stores, the events, the logs and the command line. */
export const TRANSITIONS = {
  claim: { from: ['pending'], to: 'running', why: 'a worker took it and begins it; its epoch rises' },
  start: { from: ['pending'], to: 'running', why: 'a worker that had claimed it ahead begins it' },
  complete: { from: ['running'], to: 'complete', why: 'the handler returned' },
  fail: {
    from: ['running'],
    to: 'failed',
    why: 'the handler failed and no retry is left, or too many workers crashed in it',
  },
  retry: {
    from: ['running', 'failed', 'cancelled'],
    to: 'pending',
    why: 'the handler failed and is due again after a back-off, or an operator asked for another run',
  },
  snooze: { from: ['running'], to: 'pending', why: 'the handler asked to run later; burns no attempt' },
  release: {
    from: ['pending', 'running'],
    to: 'pending',
    why: 'the worker gives it back, begun or only held; burns no attempt',
  },
  rescue: { from: ['pending', 'running'], to: 'pending', why: 'its worker was lost; burns no attempt' },
  expire: { from: ['pending'], to: 'failed', why: 'nobody started it in time, or it waits at its deadline' },
  cancel: { from: ['pending', 'running'], to: 'cancelled', why: 'somebody asked for it' },
} as const satisfies Record<string, Transition>

export type Verb = keyof typeof TRANSITIONS

/** The verbs by which a running job leaves `running` at its worker's word. */
export type SettleVerb = 'complete' | 'fail' | 'retry' | 'snooze' | 'release'

export function isFinal(state: JobState): state is FinalState {
  return (FINAL_STATES as readonly JobState[]).includes(state)
}

/** Whether `verb` may happen to a job in `state`. */
export function allows(state: JobState, verb: Verb): boolean {
  return (TRANSITIONS[verb].from as readonly JobState[]).includes(state)
}
