import fc from 'fast-check'
import { CONFLICT_POLICIES, type KeyRule } from '../../src/job/key.ts'
import { STATES } from '../../src/job/state.ts'
import type { JobFilter } from '../../src/store/catalog.ts'
import { type ControlCommand, controlCommands, GATES } from './control-history.ts'

/**
 * Everything that can be done to a store, as plain data: a random history is a list of these. Jobs and claims are
 * named by a number, counted round among those that there are by then, so that most of a history hits something
 * and every part of it can be left out when a failing one is made smaller.
 */
export type Command =
  | { readonly do: 'insert'; readonly jobs: readonly JobDraft[] }
  | { readonly do: 'claim'; readonly worker: string; readonly wish: ClaimDraft }
  | { readonly do: 'settle'; readonly ends: readonly EndDraft[] }
  | { readonly do: 'begin'; readonly starts: readonly StartDraft[] }
  | { readonly do: 'report'; readonly told: readonly ToldDraft[] }
  | {
      readonly do: 'transaction'
      readonly jobs: readonly JobDraft[]
      readonly ends: readonly EndDraft[]
      readonly fails: boolean
    }
  | { readonly do: 'cancel' | 'retry'; readonly jobs: readonly number[] }
  | { readonly do: 'freeKey'; readonly name: string; readonly key: string }
  | { readonly do: 'advance'; readonly ms: number }
  | { readonly do: 'register' | 'extend' | 'deregister' | 'elect' | 'resign'; readonly worker: string }
  | { readonly do: 'rescue'; readonly crashLimit: number }
  | { readonly do: 'expire'; readonly limit: number }
  | { readonly do: 'prune'; readonly retentionMs: readonly [number, number, number] }
  | { readonly do: 'pause' | 'resume'; readonly queue: string }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly subscriber: string }
  | { readonly do: 'look'; readonly filter: JobFilter; readonly limit: number }
  | { readonly do: 'group' }
  | { readonly do: 'control'; readonly limited: boolean }
  | ControlCommand

export interface JobDraft {
  readonly name: string
  readonly queue: string
  readonly priority: number
  readonly delayMs: number
  readonly key: string | null
  readonly keyRule: KeyRule | undefined
  readonly tags: string | null
  readonly retries: number
  readonly expiresInMs: number | null
  readonly deadlineMs: number | null
  /** Only in histories that begin with `group`. */
  readonly group: string
  /** Only in histories that begin with `control`. */
  readonly gates: string
}

export interface ClaimDraft {
  readonly limit: number
  readonly names: readonly string[] | null
  readonly queues: readonly string[] | null
  readonly begins: number
  readonly takesAlone: boolean
  /** Every how many-th job is refused; `null`: nothing is asked. */
  readonly refuses: number | null
}

/** The claim that is meant, counted from the newest, and how its worker and its epoch are wrong, if they are. */
interface ClaimReference {
  readonly claim: number
  readonly lateBy: number
  readonly asWorker: string | null
}

export interface EndDraft extends ClaimReference {
  /** See `Settlement`. */
  readonly begunAfterMs: number | null
  readonly kind:
    | 'complete'
    | 'answer'
    | 'skip'
    | 'snooze'
    | 'rate limited'
    | 'release'
    | 'fail'
    | 'fail for good'
}

export interface StartDraft extends ClaimReference {
  readonly afterMs: number
}

export interface ToldDraft extends ClaimReference {
  readonly fraction: number | null
  readonly checkpoint: string | null
  readonly lines: number
}

export const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const
const NAMES = ['test.a', 'test.b'] as const
const QUEUES = ['default', 'mail', "o'dd"] as const
const TAGS = ['["x"]', '["x","y\'\\"z"]'] as const
/** All times are multiples of one step, so that histories meet the very moment at which something ends. */
const STEPS_MS = [500, 500, 1_000, 1_500, 1] as const
const KINDS = [
  'complete',
  'answer',
  'skip',
  'snooze',
  'rate limited',
  'release',
  'fail',
  'fail for good',
] as const

const worker = fc.constantFrom(...WORKERS)
const queue = fc.constantFrom(...QUEUES)
/** `null` mostly. */
const rarely = <Value>(value: fc.Arbitrary<Value>, oneIn = 4): fc.Arbitrary<Value | null> =>
  fc.oneof({ weight: oneIn - 1, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

const rule: fc.Arbitrary<KeyRule> = fc.record({
  keptMs: fc.constantFrom(0, 0, 500, 1_500, Number.POSITIVE_INFINITY),
  onConflict: fc.constantFrom(...CONFLICT_POLICIES),
})

const job: fc.Arbitrary<JobDraft> = fc.record({
  name: fc.constantFrom(...NAMES),
  queue,
  priority: fc.integer({ min: -2, max: 2 }),
  group: fc.constantFrom('a', 'b', 'c'),
  gates: fc.constantFrom(...GATES),
  delayMs: fc.constantFrom(0, 0, 0, 0, 500, 1_000),
  key: rarely(fc.constantFrom('k', '"k\''), 2),
  keyRule: rarely(rule, 2).map((given) => given ?? undefined),
  tags: rarely(fc.constantFrom(...TAGS)),
  retries: fc.integer({ min: 0, max: 2 }),
  expiresInMs: rarely(fc.constantFrom(500, 1_500)),
  deadlineMs: rarely(fc.constantFrom(1_000, 2_500)),
})

const wish: fc.Arbitrary<ClaimDraft> = fc.record({
  limit: fc.constantFrom(0, 1, 2, 3, 4, 4),
  names: rarely(fc.subarray([...NAMES])),
  queues: rarely(fc.subarray([...QUEUES])),
  begins: fc.constantFrom(0, 1, 2, 4, 4),
  takesAlone: fc.boolean(),
  refuses: rarely(fc.integer({ min: 1, max: 3 })),
})

const reference = {
  claim: fc.nat(6),
  lateBy: fc.constantFrom(0, 0, 0, 0, 0, 1, -1),
  asWorker: rarely(worker, 10),
}

const end: fc.Arbitrary<EndDraft> = fc.record({
  ...reference,
  kind: fc.constantFrom(...KINDS),
  begunAfterMs: fc.constantFrom(null, 0, 250),
})

const start: fc.Arbitrary<StartDraft> = fc.record({ ...reference, afterMs: fc.constantFrom(0, 100) })

const told: fc.Arbitrary<ToldDraft> = fc.record({
  ...reference,
  fraction: rarely(fc.constantFrom(0, 0.5, 1)),
  checkpoint: rarely(fc.constantFrom('1', '{"page":"\\u0000"}')),
  lines: fc.integer({ min: 0, max: 2 }),
})

const condition: fc.Arbitrary<JobFilter> = fc.oneof(
  fc.record({ states: fc.subarray([...STATES]) }),
  fc.record({ names: fc.subarray([...NAMES]) }),
  fc.record({ queues: fc.subarray([...QUEUES]) }),
  fc.record({ tag: fc.constantFrom('x', 'y\'"z', 'X') }),
  fc.record({ key: fc.constantFrom('k', '"k\'', 'none') }),
  fc.record({ scheduled: fc.boolean() }),
  fc.record({ errorText: fc.constantFrom('broken', '"', 'attempt') }),
)

const filter = fc.tuple(condition, condition).map(([one, other]): JobFilter => ({ ...one, ...other }))

const some = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { maxLength: 4, size: 'max' })
const command = <Verb extends Command['do'], Rest extends object>(
  verb: Verb,
  rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
) => fc.record({ do: fc.constant(verb), ...rest }) as unknown as fc.Arbitrary<{ do: Verb } & Rest>

/** One command; what makes things happen comes more often. */
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  { weight: 7, arbitrary: command('insert', { jobs: some(job) }) },
  { weight: 14, arbitrary: command('claim', { worker, wish }) },
  { weight: 8, arbitrary: command('settle', { ends: some(end) }) },
  { weight: 3, arbitrary: command('begin', { starts: some(start) }) },
  { weight: 3, arbitrary: command('report', { told: some(told) }) },
  { weight: 2, arbitrary: command('transaction', { jobs: some(job), ends: some(end), fails: fc.boolean() }) },
  { weight: 2, arbitrary: command('cancel', { jobs: some(fc.nat(50)) }) },
  { weight: 3, arbitrary: command('retry', { jobs: some(fc.nat(50)) }) },
  {
    weight: 1,
    arbitrary: command('freeKey', { name: fc.constantFrom(...NAMES), key: fc.constantFrom('k', '"k\'') }),
  },
  { weight: 9, arbitrary: command('advance', { ms: fc.constantFrom(...STEPS_MS) }) },
  { weight: 4, arbitrary: command('register', { worker }) },
  { weight: 4, arbitrary: command('extend', { worker }) },
  { weight: 1, arbitrary: command('deregister', { worker }) },
  { weight: 1, arbitrary: command('elect', { worker }) },
  { weight: 1, arbitrary: command('resign', { worker }) },
  { weight: 6, arbitrary: command('rescue', { crashLimit: fc.constantFrom(1, 2, 3, 3, 3) }) },
  { weight: 2, arbitrary: command('expire', { limit: fc.constantFrom(0, 1, 100) }) },
  {
    weight: 2,
    arbitrary: command('prune', { retentionMs: fc.tuple(retention(), retention(), retention()) }),
  },
  { weight: 1, arbitrary: command('pause', { queue }) },
  { weight: 2, arbitrary: command('resume', { queue }) },
  { weight: 2, arbitrary: command('subscribe', { subscriber: fc.constantFrom('me', 'you') }) },
  { weight: 1, arbitrary: command('unsubscribe', { subscriber: fc.constantFrom('me', 'you') }) },
  { weight: 3, arbitrary: command('look', { filter, limit: fc.constantFrom(0, 2, 100) }) },
)

const listOf = (each: fc.Arbitrary<Command>): fc.Arbitrary<Command[]> =>
  fc.array(each, { minLength: 1, maxLength: 60, size: 'max' })

const plain = listOf(anyCommand)

const controlled = listOf(
  fc.oneof({ weight: 4, arbitrary: anyCommand }, { weight: 1, arbitrary: controlCommands(queue) }),
)

/** All jobs of a history have groups, or limits, or none has: on PostgreSQL those with any may go one claim later than those without. */
function historiesWith(limited: boolean): fc.Arbitrary<Command[]> {
  const begun = (begin: Command, commands: fc.Arbitrary<Command[]>) =>
    commands.map((each): Command[] => [begin, ...each])
  return fc.oneof(
    { weight: 2, arbitrary: plain },
    { weight: 1, arbitrary: begun({ do: 'group' }, plain) },
    { weight: 1, arbitrary: begun({ do: 'control', limited }, controlled) },
  )
}

export const histories = historiesWith(true)

/** Without limits: a claim on PostgreSQL passes over a job whose gate somebody else has locked, or that is met for the first time. */
export const unlimitedHistories = historiesWith(false)

function retention(): fc.Arbitrary<number> {
  return fc.constantFrom(0, 500, 1_000_000)
}
