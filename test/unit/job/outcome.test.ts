import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fatal } from '../../../src/job/control.ts'
import { parseFailures } from '../../../src/job/failure.ts'
import { type Claimed, type Outcome, settle } from '../../../src/job/outcome.ts'
import { allows, STATES, TRANSITIONS, type Verb } from '../../../src/job/state.ts'
import { storeError } from '../../../src/store/errors.ts'

const place = { name: 'n', queue: 'q', dueAt: 100, claimedAt: 400 }
const job: Claimed = {
  seq: 7,
  id: 'j',
  ...place,
  attempt: 2,
  retries: 3,
  epoch: 5,
  errors: null,
  limits: null,
  deadlineAt: null,
}

const policy = {
  worker: 'w',
  retry: { backoff: { base: '1s', jitter: 0 } },
  random: () => 0.5,
  nowMs: 1_000,
} as const

const failure = (error: Error, failureKind: 'error' | 'timeout' | 'invalid_input' = 'error'): Outcome => ({
  kind: 'failure',
  failureKind,
  error,
})

test('what becomes of a running job: the whole table', () => {
  const table: [Outcome, Partial<Claimed>, object][] = [
    [{ kind: 'complete', output: '1' }, {}, { verb: 'complete', outcome: 'done', output: '1', attempt: 2 }],
    [
      { kind: 'skip', reason: 'r' },
      {},
      { verb: 'complete', outcome: 'skipped', reason: 'r', output: null, attempt: 2 },
    ],
    [
      { kind: 'cached', output: '1', from: 'other' },
      {},
      { verb: 'complete', outcome: 'cached', reason: 'other', output: '1', attempt: 2 },
    ],
    [{ kind: 'snooze', delayMs: 9 }, {}, { verb: 'snooze', dueInMs: 9, attempt: 1 }],
    [{ kind: 'release' }, {}, { verb: 'release', dueInMs: 0, attempt: 1 }],
    [failure(new Error('no')), {}, { verb: 'retry', dueInMs: 2_000, attempt: 2, failureKind: null }],
    [failure(new Error('no'), 'timeout'), {}, { verb: 'retry', attempt: 2 }],
    [failure(new Error('no')), { attempt: 4 }, { verb: 'fail', failureKind: 'error', attempt: 4 }],
    [failure(new Error('no')), { retries: 0, attempt: 1 }, { verb: 'fail', failureKind: 'error' }],
    [failure(new Fatal('no')), { attempt: 1 }, { verb: 'fail', failureKind: 'error' }],
    [
      failure(new Error('no'), 'invalid_input'),
      { attempt: 1 },
      { verb: 'fail', failureKind: 'invalid_input' },
    ],
  ]
  for (const [outcome, given, expected] of table) {
    expect(settle({ ...job, ...given }, outcome, policy)).toMatchObject({
      ...{ seq: 7, id: 'j', worker: 'w', epoch: 5 },
      ...expected,
    })
  }
})

test('a failed attempt is remembered, the newest ten, each with its time and number', () => {
  let errors: string | null = null
  for (let attempt = 1; attempt <= 12; attempt += 1) {
    errors = settle(
      { ...job, attempt, retries: 20, errors },
      failure(new Error(`no ${attempt}`)),
      policy,
    ).errors
  }
  const kept = parseFailures(errors)
  expect(kept.map(({ attempt }) => attempt)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect(kept[0]).toMatchObject({ kind: 'error', message: 'no 3', at: new Date(1_000) })
})

test('what did not fail keeps the errors as they were', () => {
  const earlier = JSON.stringify([{ kind: 'error', message: 'once', attempt: 1, at: 0 }])
  const outcomes: Outcome[] = [
    { kind: 'complete', output: null },
    { kind: 'snooze', delayMs: 0 },
    { kind: 'release' },
  ]
  for (const outcome of outcomes)
    expect(settle({ ...job, errors: earlier }, outcome, policy).errors).toBe(earlier)
})

test('every outcome settles by a verb that a running job may leave by', () => {
  const outcome = fc.oneof(
    fc.constant<Outcome>({ kind: 'release' }),
    fc.string().map((output): Outcome => ({ kind: 'complete', output: JSON.stringify(output) })),
    fc.nat().map((delayMs): Outcome => ({ kind: 'snooze', delayMs })),
    fc.string().map((message) => failure(new Error(message))),
  )
  fc.assert(
    fc.property(outcome, fc.nat({ max: 9 }), fc.nat({ max: 9 }), (each, attempt, retries) => {
      const settled = settle({ ...job, attempt: attempt + 1, retries }, each, policy)
      expect(allows('running', settled.verb)).toBe(true)
      expect(Number.isSafeInteger(settled.dueInMs) && settled.dueInMs >= 0).toBe(true)
      expect(settled.attempt).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('no verb leads out of complete, and every state is reached by one', () => {
  const verbs = Object.keys(TRANSITIONS) as Verb[]
  expect(verbs.filter((verb) => allows('complete', verb))).toEqual([])
  const reached = new Set(verbs.map((verb) => TRANSITIONS[verb].to))
  expect(STATES.filter((state) => !(reached as Set<string>).has(state))).toEqual([])
  expect(verbs.filter((verb) => allows('failed', verb))).toEqual(['retry'])
})

test('a transaction that the database lost burns no attempt, unless the job loses one each time', () => {
  const lost = storeError('transaction_lost', { location: 'here', problem: 'the connection broke' })
  let errors: string | null = null
  for (let run = 1; run <= 3; run += 1) {
    const written = settle({ ...job, attempt: 1, retries: 0, errors }, failure(lost), policy)
    expect(written).toMatchObject({ verb: 'retry', attempt: 0 })
    errors = written.errors
  }
  const last = settle({ ...job, attempt: 1, retries: 0, errors }, failure(lost), policy)
  expect(last).toMatchObject({ verb: 'fail', attempt: 1, failureKind: 'error' })
})

test('a policy that names the errors to retry is not asked about a database that was away', () => {
  const lost = storeError('transaction_lost', { location: 'here', problem: 'the connection broke' })
  const strict = { ...policy, retry: { retryOn: [RangeError] } }
  expect(settle(job, failure(lost), strict)).toMatchObject({ verb: 'retry', attempt: 1 })
})

test('a settlement says how long the job had waited for its begin, and ran', () => {
  const times = (given: Partial<Claimed>, more: { nowMs: number; begunAfterMs?: number }) => {
    const { waitedMs, ranMs } = settle(
      { ...job, ...given },
      { kind: 'complete', output: null },
      { ...policy, ...more },
    )
    return { waitedMs, ranMs }
  }
  expect(times({ dueAt: 100, claimedAt: 400 }, { nowMs: 1_000 })).toEqual({ waitedMs: 300, ranMs: 600 })
  const held = times({ dueAt: 100, claimedAt: 400 }, { nowMs: 1_000, begunAfterMs: 50 })
  expect(held).toEqual({ waitedMs: 350, ranMs: 550 })
  // Clocks are set back.
  expect(times({ dueAt: 500, claimedAt: 400 }, { nowMs: 300 })).toEqual({ waitedMs: 0, ranMs: 0 })
})
