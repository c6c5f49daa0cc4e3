import { type Duration, parseDuration } from '../kit/duration.ts'
import { nearestOf } from '../kit/hint.ts'
import type { Field } from '../kit/options.ts'

/**
 * Keys: what a job does that meets another one of its name and key. Decided here, purely, for every store.
 */

/** What becomes of a job whose key is held. */
export const CONFLICT_POLICIES = ['existing', 'reject', 'replace', 'debounce'] as const

export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number]

/** How long a key is held: until its job has ended; for ever; or so long from when it was stored, and until its job has ended. */
export type KeyScope = 'active' | 'forever' | Duration

/** What is said of a key, where that is not what holds of any. */
export interface KeyRule {
  /** How long it is held at least, whatever becomes of its job. `0`: no longer than that; `Infinity`: for ever. */
  readonly keptMs: number
  readonly onConflict: ConflictPolicy
}

/** A key that is held while its job is unfinished, and gives that one. */
const PLAIN: KeyRule = { keptMs: 0, onConflict: 'existing' }

export function ruleOf({ keyRule }: { readonly keyRule?: KeyRule | undefined }): KeyRule {
  return keyRule ?? PLAIN
}

/** What a rule says beyond what holds of any key; `undefined` where that is nothing. */
export function unlessPlain(rule: KeyRule): KeyRule | undefined {
  return rule.keptMs === 0 && rule.onConflict === 'existing' ? undefined : rule
}

/** Until when a key is held at least that is stored now; `null`: for ever. */
export function keptUntil({ keptMs }: KeyRule, nowMs: number): number | null {
  return keptMs === Number.POSITIVE_INFINITY ? null : nowMs + keptMs
}

/** Where the job stands that holds a key. `begun`: a worker runs it, or holds it and is about to. */
export type Standing = 'pending' | 'begun' | 'ended'

/** Who holds a key. */
export interface Holder {
  readonly id: string
  readonly standing: Standing
}

/**
 * What a job does that finds its key held. `replace`: the holder becomes this one, and keeps its id. `succeed`: it is
 * stored and holds the key from now on, since what has begun may have missed what it is about.
 */
type Meeting = 'existing' | 'refuse' | 'replace' | 'succeed'

export function meet(policy: ConflictPolicy, standing: Standing): Meeting {
  if (policy === 'existing') return 'existing'
  if (policy === 'reject' || standing === 'ended') return 'refuse'
  if (standing === 'pending') return 'replace'
  return policy === 'debounce' ? 'succeed' : 'refuse'
}

/** Whether it may replace another one: then the call has to be known when it is made again. */
export function mayReplace({ keyRule }: { readonly keyRule?: KeyRule | undefined }): boolean {
  return keyRule?.onConflict === 'replace' || keyRule?.onConflict === 'debounce'
}

/** A job that was refused since its key is held. */
export interface Conflict {
  readonly name: string
  readonly key: string
  /** Which of the jobs of the call, from 0. */
  readonly index: number
  /** The job that holds it, and where that one stands. */
  readonly id: string
  readonly state: Standing
}

/** Names the call of an enqueue that replaced a job: made again after its answer was lost, it answers the same. */
export function replacingCall(id: string): string {
  return `enqueue/${id}`
}

const SCOPES = ['active', 'forever'] as const

interface ScopeSpec {
  readonly default?: KeyScope
  /** The least duration, in milliseconds. */
  readonly min: number
}

/** A `keyScope` as it was read: read once more, it is the same. */
type ReadScope = (typeof SCOPES)[number] | number

type ScopeField<Spec> = Field<KeyScope, ReadScope> &
  (Spec extends { readonly default: KeyScope }
    ? { readonly fallback: KeyScope }
    : { readonly fallback?: never })

/** `keyScope`; see `keptMsOf`. */
export function scope<const Spec extends ScopeSpec>(spec: Spec): ScopeField<Spec> {
  const field: Field<KeyScope, ReadScope> = {
    expected: `'active', 'forever', or a duration such as '1h', of at least ${spec.min}ms`,
    fallback: spec.default,
    parse(value) {
      if (value === 'active' || value === 'forever') return value
      const ms = parseDuration(value)
      return ms !== undefined && ms >= spec.min ? ms : undefined
    },
    hint: nearestOf(SCOPES),
  }
  return field as ScopeField<Spec>
}

/** How long a key of this scope is held at least, whatever becomes of its job. */
export function keptMsOf(scope: ReadScope): number {
  if (scope === 'active') return 0
  return scope === 'forever' ? Number.POSITIVE_INFINITY : scope
}

/** The option that a number of milliseconds came from. */
export function scopeOf(keptMs: number | undefined): ReadScope | undefined {
  if (keptMs === 0) return 'active'
  return keptMs === Number.POSITIVE_INFINITY ? 'forever' : keptMs
}
