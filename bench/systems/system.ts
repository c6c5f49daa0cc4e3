/** A job queue that is measured. */
export interface System {
  readonly name: string
  /** What it keeps its jobs in. */
  readonly store: 'file' | 'postgres' | 'redis'
  /** Whether it is the limit: a loop written by hand, which never sleeps and is no way to be idle. */
  readonly limit?: boolean
  /** Whether it is so slow that it takes part in the short scenarios only. */
  readonly slow?: boolean
  /** Opens the place with this path or address, which may be empty. */
  open(place: string): Promise<OpenSystem>
  /** The same, where a job is stored once for each `key` of a payload while it is unfinished; where it can do that. */
  readonly keyed?: System
}

/** What the scenarios ask of every system, each in the way that its own documentation advises. */
export interface OpenSystem {
  /** Stores jobs in bulk. */
  enqueueMany(payloads: readonly Payload[]): Promise<void>
  /** Stores one job; resolves when it is acknowledged. */
  enqueue(payload: Payload): Promise<void>
  /** Runs that many jobs which are there, without doing anything in them; resolves when their outcomes are written. */
  drain(count: number): Promise<void>
  /** Runs jobs as they come, telling when each one's handler starts, until the returned function is called. */
  work(onStart: (payload: Payload) => void): Promise<() => Promise<void>>
  /** Jobs that have not ended well. */
  unfinished(): Promise<number>
  faults(): Faults
  close(): Promise<void>
}

/** Calls that met a locked database or another fault. */
export interface Faults {
  /** Those that the system could not mend by itself. */
  readonly reached: number
  /** Those that it tried again by itself. */
  readonly retried: number
}

export type Payload = Readonly<Record<string, string>>

/** What a small job carries: a reference to the thing that it is about. */
export const SMALL_PAYLOAD: Payload = { document: 'library/a.pdf' }

export const JOB_NAME = 'bench.no_op'

export function payloads(count: number, payload: Payload = SMALL_PAYLOAD): Payload[] {
  return Array.from({ length: count }, () => payload)
}

/** Works until so many handlers have started, and stops, which waits for their outcomes. */
export async function workUntil(count: number, system: Pick<OpenSystem, 'work'>): Promise<void> {
  const all = Promise.withResolvers<void>()
  let left = count
  const stop = await system.work(() => {
    left -= 1
    if (left === 0) all.resolve()
  })
  await all.promise
  await stop()
}
