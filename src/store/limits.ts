import { cacheRule } from '../job/cache-gate.ts'
import type { Grants } from '../job/gate.ts'
import type { Limit } from '../job/limit.ts'
import type { LimitOverride } from '../job/limit-change.ts'
import type { Strays } from './strays.ts'

/** Limits: what their definitions say of them, what an operator says instead, and the gates of their keys. */
export interface LimitStore {
  /**
   * Writes what definitions say, where it is not known yet; of what is set for a queue, that: see `asSet`. In a transaction of its
   * own: nobody else's keeps a limit from others.
   */
  declare(limits: readonly Limit[]): Promise<void>
  /**
   * Changes what holds instead of what the definitions say, at once and for all: what `changedBy` makes of it, under a lock; `null`:
   * what they say again. Gives the limit as it is then; `null`: there is no such limit. `call` names the call: made again after its
   * answer was lost, it changes nothing more and answers the same.
   */
  override(name: string, change: LimitOverride | null, call?: string): Promise<LimitRecord | null>
  /** All of them, by name. */
  list(): Promise<LimitRecord[]>
  /**
   * Gates that somebody holds or waits at: those of a limit, or these; the first `limit`, by name. Those who wait are counted
   * up to `waitingMax`, where that is said.
   */
  gates(
    which: { readonly limit: string } | { readonly names: readonly string[] },
    limit: number,
    waitingMax?: number,
  ): Promise<GateRecord[]>
  /** Of the gates of a limit that somebody holds or waits at, of the first `gatesMax` by name: what is counted there, added up. */
  sums(limit: string, gatesMax: number): Promise<LimitSums>
  /** Lets go on what waits at gates that are open, at most `limit` gates a call: what no hint has told of. Gives how many jobs. */
  tend(limit: number): Promise<number>
  /** Where what gates say is not what runs, at most so many of each: what is under way may be among it for a moment. */
  strays(limit: number): Promise<Strays>
}

export type LimitRule = Omit<Limit, 'name'>

export interface LimitRecord {
  readonly name: string
  /** What its definitions say. */
  readonly declared: LimitRule
  /** What of it holds instead, where an operator has said so. */
  readonly override: LimitOverride | null
}

export interface GateRecord {
  readonly gate: string
  /** The jobs that run and hold it, oldest first, at most `HOLDERS_SHOWN`. */
  readonly holders: readonly { readonly id: string; readonly worker: string; readonly since: number }[]
  readonly running: number
  /** The jobs that wait at it. */
  readonly waiting: number
  /** Nobody passes before, since a handler has said so. */
  readonly closedUntil: number | null
  /** What has started there that a rate may still count, oldest first. */
  readonly grants: Grants
}

/** What is counted at the gates of a limit. */
export interface LimitSums extends Pick<GateRecord, 'running' | 'waiting'> {
  /** The gates. */
  readonly keys: number
}

export const HOLDERS_SHOWN = 20

/** Gates that one claim opens which open by themselves; the rest follow with the next one. */
export const OPENINGS_MAX = 200

/** Gates that a change of their limit opens at once; the leader sees to the others. */
export const REOPENED_MAX = 1_000

/** Gates that one look for such as can be forgotten goes through. */
export const GATES_LOOKED_AT = 2_000

/** After the name of every gate. */
export const AFTER_GATES = '\u{10ffff}'

/** What holds of the limit of this name, where it is one of a cache, or there is a record of it. */
export function ruleNamed(name: string, record: LimitRecord | undefined): Limit | undefined {
  return cacheRule(name) ?? (record && ruleOf(record))
}

/** What holds of a limit. */
export function ruleOf({ name, declared, override }: LimitRecord): Limit {
  return { name, ...declared, ...override }
}
