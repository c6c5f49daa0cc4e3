import {
  type Duration,
  defineJob,
  type EventName,
  type MillhandEvents,
  type Schema,
  type WorkerOptions,
} from 'millhand'

/** What a job makes the process do that runs it. */
export type Script = Act & {
  /** From the second claim on, it only returns. */
  readonly once?: boolean
}

type Act =
  | { readonly act: 'return' }
  | { readonly act: 'fail' }
  /** Until the test says go, or the signal aborts. */
  | { readonly act: 'wait' }
  /** Until the test says go, whatever the signal says. */
  | { readonly act: 'ignore' }
  /** Keeps the event loop to itself. */
  | { readonly act: 'block'; readonly forMs: number }
  | { readonly act: 'exit' }
  | { readonly act: 'kill' }
  /** Leaves a line in a file, then returns: two steps. */
  | { readonly act: 'effect' }
  /** Leaves a row in the database, in the transaction that completes the job: one step. */
  | { readonly act: 'transaction' }
  /** The same, but for the end: it never comes. */
  | { readonly act: 'hang' }
  | { readonly act: 'progress' }

/** The one job of these tests. What it does is in its input; what comes of it is which process did it. */
export const scripted = defineJob<Schema<Script>, Schema<{ pid: number; epoch: number }>>({
  name: 'test.scripted',
  backoff: { kind: 'fixed', base: '20ms' },
})

/** The table in PostgreSQL that effects leave rows in: in the schema of the store. */
export function effectsTable(url: string): string {
  return `"${new URL(url).searchParams.get('schema')}".effects`
}

/** How to start a worker process. */
export interface WorkerProcessOptions {
  /** The store. */
  readonly url: string
  /** The file in which effects leave a line. */
  readonly effects: string
  readonly worker: Omit<WorkerOptions, 'jobs' | 'fallback' | 'canProcess'>
  readonly busyTimeout?: Duration
  /** Events that it is to tell; beside them it tells what its handlers do. */
  readonly tells: readonly EventName[]
  /** As where the operating system cannot watch files. */
  readonly deaf: boolean
  /** How far its clock is off, in milliseconds. */
  readonly clockOffMs: number
}

/** What a worker process tells. */
export type WorkerTold =
  | { readonly kind: 'ready'; readonly worker: string }
  | { readonly kind: 'stopping' | 'stopped' }
  | { readonly kind: 'running'; readonly id: string; readonly attempt: number; readonly worker: string }
  | { readonly kind: 'aborted'; readonly id: string; readonly because: string }
  | { [Name in EventName]: { readonly kind: Name; readonly event: MillhandEvents[Name] } }[EventName]

/** How to start a process that opens the file when it is told to, and enqueues as fast as it can. */
export interface EnqueuerProcessOptions {
  /** The store. */
  readonly url: string
  readonly script: Script
  /** Calls side by side. */
  readonly atATime: number
  /** Jobs after which it ends. */
  readonly most: number
}

export type EnqueuerTold =
  | { readonly kind: 'loaded' }
  /** These are durable now. */
  | { readonly kind: 'acknowledged'; readonly ids: readonly string[] }
  | { readonly kind: 'refused'; readonly error: Error }

/** What a locker is told: to hold the lock until it is told otherwise, or for so many milliseconds. */
export type LockerWord = 'lock' | 'unlock' | number

/** How to start a process that is no part of Millhand, and holds the file's write lock for as long as it is told. */
export interface LockerProcessOptions {
  readonly file: string
}

export type LockerTold =
  | { readonly kind: 'opened' }
  | { readonly kind: 'locked' }
  | { readonly kind: 'unlocked' }

/** What a job of mixed builds does: nothing, or hang for whoever takes it first. */
export interface Task {
  readonly hang?: boolean
}

/** How to start a worker of the sources or of another build. */
export interface BuildWorkerOptions {
  /** The store. */
  readonly url: string
  /** What it imports: `millhand`, or the URL of a build. */
  readonly build: string
  /** One more that it knows. */
  readonly migration?: string
  /** The file in which each job leaves its id, and who has run it. */
  readonly effects: string
  readonly worker: Omit<WorkerOptions, 'jobs' | 'fallback' | 'canProcess'>
}

export type BuildTold =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'hangs'; readonly id: string }
