import type { Fault, FaultKind } from '../plan.ts'

/** Lets something go wrong, and resolves when it is over. */
export type Act = (fault: Fault) => Promise<void>

/** Where the store of a run is, and what can go wrong there. */
export interface Place {
  /** For whoever looks at the end: past all that may be between a process and the store. */
  readonly url: string
  /** For the processes of a slot. */
  urlFor(slot: string): Promise<string>
  readonly acts: Readonly<Partial<Record<FaultKind, Act>>>
  /** What cannot be done on this machine, with the reason. */
  readonly leftOut: Readonly<Partial<Record<FaultKind, string>>>
  /** Makes the table for rows: before anybody works. */
  prepare(): Promise<void>
  /** The jobs that have left a row there. */
  rows(): Promise<string[]>
  close(): Promise<void>
}
