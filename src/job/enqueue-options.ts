import { date } from '../kit/date.ts'
import type { Duration } from '../kit/duration.ts'
import { withHints } from '../kit/hint.ts'
import {
  choice,
  custom,
  duration,
  type FieldsOf,
  integer,
  isObject,
  optionError,
  type Parsed,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'
import { contextField } from './context-option.ts'
import { ENQUEUE_HINTS } from './elsewhere.ts'
import type { Json } from './json.ts'
import { CONFLICT_POLICIES, type ConflictPolicy, type KeyScope, scope } from './key.ts'
import { type LimitOptions, limitsField } from './limit.ts'
import { KEY_CHARACTERS_MAX, RETRIES_MAX } from './limits.ts'
import { type Requirement, requiresField } from './requirements.ts'

/** What one call of `enqueue` may say about its job; the definition says the rest. */
export interface EnqueueOptions {
  /** The queue that it goes to. Default: the definition's. */
  readonly queue?: string
  /** Higher runs first. Default: the definition's; from -1,000,000 to 1,000,000. */
  readonly priority?: number
  /** Due this long from now. Default: at once. Not together with `runAt`. */
  readonly delay?: Duration
  /** Due at this time. Not together with `delay`. */
  readonly runAt?: Date
  /** Fails as `expired` when nobody has started it in this time. Default: the definition's; minimum `'1ms'`. */
  readonly expiresIn?: Duration
  /**
   * Longest time for all attempts together, from now on: then it fails, be it while it waits or while it runs. Default: the
   * definition's; minimum `'1ms'`.
   */
  readonly deadline?: Duration
  /** While an unfinished job of this name has the same key, enqueueing gives that one. None by default. */
  readonly key?: string
  /**
   * How long the key is held: while the job is unfinished (`'active'`), `'forever'`, or so long from now and while it is
   * unfinished, also when the job is gone. Default `'active'`; minimum `'1ms'`. Only with `key`.
   */
  readonly keyScope?: KeyScope
  /**
   * What happens where the key is held: the job that holds it is given (`'existing'`), or the call is refused
   * (`'reject'`); a job that waits is given what this call says (`'replace'`, `'debounce'`). One that a worker has taken
   * already refuses a `'replace'`, and lets a `'debounce'` store the next one. Default `'existing'`. Only with `key`.
   */
  readonly onConflict?: ConflictPolicy
  /** Its limits, in place of the definition's: see `LimitOptions`. */
  readonly limits?: readonly LimitOptions[]
  /**
   * Whose it is, such as a tenant: the groups of a queue take turns, whatever each of them has. In place of what the definition says;
   * none by default.
   */
  readonly group?: string
  /** What its worker has to be able to do, in place of what the definition says: `['gpu', { version: '>= 2' }]`. 10 at most. */
  readonly requires?: readonly Requirement[]
  /** Labels to find it by. None by default. */
  readonly tags?: readonly string[]
  /** Travels with the job and its children: the user that it is for, a trace. An object that JSON can hold. */
  readonly context?: Readonly<Record<string, Json>>
  /** Retries after a failed attempt. Default: the definition's; from 0 to 1,000. */
  readonly retries?: number
  /** Longest time that one attempt may take. Default: the definition's; minimum `'1ms'`. */
  readonly timeout?: Duration
  /**
   * The transaction to enqueue in: what `queue.transaction` or `ctx.transaction` gave; on PostgreSQL also a client of pg
   * that has begun one. Default: one of its own.
   */
  readonly tx?: object
}

/** The options of `enqueue` with their limits; what they leave out, the definition says. */
export const enqueueFields = {
  queue: text(),
  priority: integer({ min: -1_000_000, max: 1_000_000 }),
  delay: duration(),
  runAt: date(),
  expiresIn: duration({ min: 1 }),
  deadline: duration({ min: 1 }),
  key: { ...text(), expected: `a text of 1 to ${KEY_CHARACTERS_MAX} characters` },
  keyScope: scope({ min: 1 }),
  onConflict: choice({ of: CONFLICT_POLICIES }),
  limits: limitsField(),
  group: { ...text(), expected: `a text of 1 to ${KEY_CHARACTERS_MAX} characters` },
  requires: requiresField(),
  tags: texts(),
  context: contextField(),
  retries: integer({ max: RETRIES_MAX }),
  timeout: duration({ min: 1 }),
  tx: custom<object>({ expected: 'a transaction of this store', accepts: isObject }),
} satisfies FieldsOf<EnqueueOptions>
withHints(enqueueFields, ENQUEUE_HINTS)

/** The options of one enqueue as they were read; read once more, they are the same. */
export type ParsedEnqueue = Parsed<typeof enqueueFields>

/** The hot path: most calls pass no options, and then nothing needs to be read. */
const NO_OPTIONS: ParsedEnqueue = Object.freeze(parseOptions('enqueue', enqueueFields, {}))

/**
 * The options of one enqueue, read once and held against each other.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
export function parseEnqueue(component: string, given?: EnqueueOptions): ParsedEnqueue {
  const parsed = given === undefined ? NO_OPTIONS : parseOptions(component, enqueueFields, given)
  if (parsed.delay === undefined || parsed.runAt === undefined) return parsed
  throw optionError('invalid_option', {
    component,
    option: 'delay',
    expected: "one of the two: 'delay' counts from now, 'runAt' is a time",
    got: "given together with 'runAt'",
  })
}
