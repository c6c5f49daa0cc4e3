import fc from 'fast-check'
import type { Limit } from '../../src/job/limit.ts'
import type { LimitOverride } from '../../src/job/limit-change.ts'
import type { QueueSettings } from '../../src/job/queue-settings.ts'
import type { CatchUp, Overlap } from '../../src/job/schedule-plan.ts'
import type { LimitRule } from '../../src/store/limits.ts'

/** What can be done by which queues are controlled: limits, orders, sizes and schedules. */
export type ControlCommand =
  | { readonly do: 'declare'; readonly limit: Limit }
  | { readonly do: 'override'; readonly limit: string; readonly rule: LimitOverride | null }
  | { readonly do: 'tend' }
  | { readonly do: 'configure'; readonly queue: string; readonly settings: QueueSettings }
  | ({ readonly do: 'schedule'; readonly name: string } & ScheduleDraft)
  | { readonly do: 'unschedule'; readonly name: string }
  | { readonly do: 'tick' }

interface ScheduleDraft {
  readonly everyMs: number
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  readonly queue: string
}

/** The gates of a job: one or two of them, or more than one place of a rate. */
export const GATES = [
  '[["api",1]]',
  '[["user=a",1]]',
  '[["user=b",1]]',
  '[["api",1],["user=a",1]]',
  '[["api",2],["user=b",1]]',
] as const

const LIMITS = ['api', 'user'] as const
const SCHEDULES = ['often', 'seldom'] as const

const rule: fc.Arbitrary<LimitRule> = fc.constantFrom(
  { concurrency: 1, rateCount: null, ratePerMs: null },
  { concurrency: 2, rateCount: null, ratePerMs: null },
  { concurrency: null, rateCount: 3, ratePerMs: 1_000 },
  { concurrency: 2, rateCount: 2, ratePerMs: 1_500 },
)

/** What sets one part of a limit and leaves the other as it is. */
const part: fc.Arbitrary<LimitOverride> = fc.constantFrom<LimitOverride>(
  { concurrency: 3 },
  { concurrency: null },
  { rateCount: 2, ratePerMs: 1_500 },
)

const settings: fc.Arbitrary<QueueSettings> = fc.constantFrom<QueueSettings>(
  {},
  { order: 'fifo' },
  { order: 'lifo' },
  { aging: 500 },
  { maxSize: 3 },
  { maxSize: 2, overflow: 'dropOldest', order: 'lifo' },
)

/** What makes things happen comes more often. */
export function controlCommands(queue: fc.Arbitrary<string>): fc.Arbitrary<ControlCommand> {
  const named = <Verb extends ControlCommand['do'], Rest>(
    verb: Verb,
    rest: { [K in keyof Rest]: fc.Arbitrary<Rest[K]> },
  ) => fc.record({ do: fc.constant(verb), ...rest }) as unknown as fc.Arbitrary<{ do: Verb } & Rest>
  const limit = fc.tuple(fc.constantFrom(...LIMITS), rule).map(([name, each]): Limit => ({ name, ...each }))
  const lifted = fc.oneof(rule, part, fc.constant(null))
  return fc.oneof(
    { weight: 6, arbitrary: named('declare', { limit }) },
    { weight: 2, arbitrary: named('override', { limit: fc.constantFrom(...LIMITS), rule: lifted }) },
    { weight: 2, arbitrary: named('tend', {}) },
    { weight: 3, arbitrary: named('configure', { queue, settings }) },
    {
      weight: 2,
      arbitrary: named('schedule', {
        name: fc.constantFrom(...SCHEDULES),
        everyMs: fc.constantFrom(1_000, 2_000),
        overlap: fc.constantFrom('skip' as const, 'queue' as const, 'cancelPrevious' as const),
        catchUp: fc.constantFrom('none' as const, 'last' as const),
        queue,
      }),
    },
    { weight: 1, arbitrary: named('unschedule', { name: fc.constantFrom(...SCHEDULES) }) },
    { weight: 4, arbitrary: named('tick', {}) },
  )
}
