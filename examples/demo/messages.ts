/** What the demo tells a worker process. */
export type Order =
  /** The first one. */
  | { kind: 'start'; start: Start }
  | { kind: 'work'; settings: WorkSettings }
  /** Stay in the middle of whatever job is next, so that a kill is sure to hit one. */
  | { kind: 'hold' }
  | { kind: 'stop' }

export interface WorkSettings {
  /** How every job is slowed down. */
  paceMs: number
  /** Absent: the default of the package. */
  lease?: { leaseMs: number; beatMs: number }
}

/** What a worker process tells the demo. */
export type News =
  | { kind: 'ready' }
  | { kind: 'claiming' }
  | { kind: 'begin'; job: string; path: string }
  | { kind: 'end'; job: string }
  | { kind: 'holding'; path: string }
  | { kind: 'rescued'; jobs: number }
  | { kind: 'trouble'; message: string }

/** What a worker process is started with. */
export interface Start {
  /** Of the queue. */
  url: string
  number: number
  concurrency: number
}
