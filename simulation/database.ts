import type { Store } from '../src/store/store.ts'

export const STORE_KINDS = ['memory', 'sqlite', 'postgres'] as const

export type StoreKind = (typeof STORE_KINDS)[number]

/** A store as one process has it. */
export interface Connection {
  readonly store: Store
  /** The line on which its answers come. `undefined` where the store answers in the very turn in which it commits. */
  readonly line?: Line
  /** It hears nothing of what others write. */
  readonly isDeaf?: boolean
  /** What a handler writes by itself in its transaction. */
  readonly write?: (tx: object) => Promise<unknown>
}

/** A store that is put in place of the real one, to see that its faults are found. */
export type Plant = (connection: Connection) => Connection

/** A line that can break while an answer is on its way. */
export interface Line {
  /** How many answers were lost so far. */
  readonly lost: number
  /** Loses an answer, after so many that arrive. */
  loseAnswer(after: number): void
  /** All that come from now on arrive. */
  arrive(): void
}

/** All that a call may not change of a job that is not its own, as something that is the same as long as that is: see `changes.ts`. */
export type Marks = ReadonlyMap<string, unknown>

/** A job that holds a gate; of one that is not there, no more than that. */
export interface Holder {
  readonly gate: string
  readonly id: string | null
}

/** What all processes of a world share. */
export interface Database {
  /** The store as a process that has just started opens it. */
  open(): Promise<Connection>
  /** Sets the wall clock of the machine that a file is on. Other stores have their own. */
  step(ms: number): void
  /** Whether it can be closed under everybody's hands, and opened again. */
  readonly restarts: boolean
  /** Whether it works on several calls at once. */
  readonly concurrent: boolean
  /**
   * Whether a claim takes the best of all jobs, and their times stay what they were when they were read: those of a file
   * follow the clock of its machine, which is set.
   */
  readonly ordered: boolean
  /**
   * How well its times are known: they are those of the world (`exact`), or are moved when somebody sets the clock of its machine
   * (`stepped`), or a call takes a while of the world (`loose`).
   */
  readonly timing: 'exact' | 'stepped' | 'loose'
  /** Who holds which gate of a limit, as it stands there, whatever reads it otherwise. */
  holders(): Promise<readonly Holder[]>
  /** How many calls that it works on get no further until a transaction has ended. */
  blocked(): Promise<number>
  /** Another one whenever something is written; `undefined` where that cannot be told. */
  version(): Promise<string | undefined>
  /** What may count of each job, by its id, the newest first. */
  marks(): Promise<Marks>
  /** What the database itself has to complain of, in words: see `databases/flushes.ts`. */
  complaints(): Promise<readonly string[]>
  remove(): Promise<void>
}
