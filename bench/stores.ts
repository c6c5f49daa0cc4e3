import type { System } from './systems/system.ts'

/** Where the systems keep their jobs: every measurement gets an empty place. */
export interface Stores {
  /** What the figures depend on besides the machine, such as versions. */
  describe(): Promise<string>
  /** The path or the address of an empty place for this system. */
  create(system: System): Promise<string>
  /** Lets what was written come to rest, so that nothing of it disturbs what is measured next. */
  rest(place: string): Promise<void>
  /** Frees what a place takes, before the run is over. */
  drop(place: string): Promise<void>
  /** Drops every place that is still there. */
  clear(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
