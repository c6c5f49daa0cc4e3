import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fatal, RetryAfter } from '../../../src/job/control.ts'
import { FAILURE_KINDS } from '../../../src/job/failure.ts'
import { type Backoff, backoffMs, classify } from '../../../src/job/retry.ts'
import { seededRandom } from '../../../src/kit/random.ts'

const MIDDLE = () => 0.5

test('each kind of back-off grows in its own way', () => {
  const delays = (backoff: Backoff) => [1, 2, 3, 4].map((retry) => backoffMs(backoff, retry, MIDDLE))
  expect(delays({ kind: 'fixed', base: '2s' })).toEqual([2_000, 2_000, 2_000, 2_000])
  expect(delays({ kind: 'linear', base: '2s' })).toEqual([2_000, 4_000, 6_000, 8_000])
  expect(delays({ kind: 'exponential', base: '2s' })).toEqual([2_000, 4_000, 8_000, 16_000])
  expect(delays({ base: '2s', factor: 1 })).toEqual([2_000, 2_000, 2_000, 2_000])
  expect(delays({})).toEqual([1_000, 2_000, 4_000, 8_000])
  expect(delays({ base: '1h', max: '1h' })).toEqual([3_600_000, 3_600_000, 3_600_000, 3_600_000])
})

test('the cap holds for the thousandth retry too', () => {
  expect(backoffMs({ base: '1d', factor: 10, max: '1h' }, 1_000, MIDDLE)).toBe(3_600_000)
})

test('whatever the policy, a delay is whole, within its jitter, and not past its cap', () => {
  const backoff = fc.record({
    kind: fc.constantFrom('fixed', 'linear', 'exponential'),
    base: fc.integer({ min: 0, max: 86_400_000 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.integer({ min: 0, max: 86_400_000 }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(backoff, fc.integer({ min: 1, max: 1_000 }), fc.integer(), (given, retry, seed) => {
      const policy = given as Backoff & typeof given
      const delayMs = backoffMs(policy, retry, seededRandom(seed))
      const plainMs = backoffMs({ ...policy, jitter: 0 }, retry, MIDDLE)
      expect(Number.isSafeInteger(delayMs)).toBe(true)
      expect(delayMs).toBeLessThanOrEqual(policy.max)
      expect(delayMs).toBeGreaterThanOrEqual(Math.floor(plainMs * (1 - policy.jitter)) - 1)
      expect(delayMs).toBeLessThanOrEqual(Math.ceil(plainMs * (1 + policy.jitter)) + 1)
    }),
  )
})

test('some kinds of failure cannot be mended by a retry', () => {
  const permanent = FAILURE_KINDS.filter((kind) => classify({}, kind, new Error('no')).permanent)
  expect(permanent.sort()).toEqual([
    ...['crashed', 'expired', 'invalid_input', 'invalid_output', 'unknown_job'],
  ])
})

test('the handler’s word counts before the policy’s', () => {
  const classifyError = () => ({ permanent: true, code: 'by policy' })
  expect(classify({ retryOn: [Error] }, 'error', new Fatal('no'))).toEqual({ permanent: true })
  expect(classify({ classifyError }, 'error', new RetryAfter('3s'))).toEqual({
    permanent: false,
    delayMs: 3_000,
  })
})

test('matchers: classes and functions, of the handler’s errors alone', () => {
  class Gone extends TypeError {}
  const isGone = (error: Error) => error.message === 'gone'
  const verdicts = [
    classify({ stopOn: [TypeError] }, 'error', new Gone('x')),
    classify({ stopOn: [Gone] }, 'error', new TypeError('x')),
    classify({ stopOn: [isGone] }, 'error', new Error('gone')),
    classify({ retryOn: [Gone] }, 'error', new Gone('x')),
    classify({ retryOn: [Gone] }, 'error', new Error('x')),
    classify({ retryOn: [] }, 'error', new Error('x')),
    // A time-out is not an error that the handler threw: the lists are not about it.
    classify({ retryOn: [Gone] }, 'timeout', new Error('x')),
  ]
  expect(verdicts.map(({ permanent }) => permanent)).toEqual([true, false, true, false, true, true, false])
})

test('a classification may say only a part, or something that is no duration', () => {
  const by = (known: object) =>
    classify({ classifyError: () => known, stopOn: [Error] }, 'error', new Error('x'))
  expect(by({ code: 'c' })).toEqual({ permanent: true, code: 'c' })
  expect(by({ permanent: false })).toEqual({ permanent: false })
  expect(by({ retryAfter: '5s', permanent: false })).toEqual({ permanent: false, delayMs: 5_000 })
  expect(by({ retryAfter: 'soon', permanent: false })).toEqual({ permanent: false })
})

test('what classifyError or a matcher promises has not been said, and a promise that fails ends no process', () => {
  const late = (async () => {
    throw new Error('nobody hears this')
  }) as never
  expect(classify({ classifyError: late, stopOn: [late] }, 'error', new Error('x'))).toEqual({
    permanent: false,
  })
})

test('of what classifyError says only what is as it ought to be is taken, and a code is cut', () => {
  const said = { code: 'c'.repeat(20_000_000), permanent: 'yes', retryAfter: Number.NaN } as never
  const { permanent, code, delayMs } = classify({ classifyError: () => said }, 'error', new Error('x'))
  expect({ permanent, delayMs, code: code?.length }).toEqual({
    permanent: false,
    delayMs: undefined,
    code: 200,
  })
})
