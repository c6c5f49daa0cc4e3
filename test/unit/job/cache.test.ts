import { defineJob } from 'millhand'
import { expect, test } from 'vitest'
import { cacheGateOf, renewing, withoutCache } from '../../../src/job/cache.ts'
import { parseEnqueue } from '../../../src/job/enqueue-options.ts'
import { requirementsIn } from '../../../src/job/job-gates.ts'
import { newJob, termsOf } from '../../../src/job/new-job.ts'
import { type Claimed, type Outcome, settle } from '../../../src/job/outcome.ts'
import { gatesWithin } from '../../../src/job/queue-gates.ts'
import type { AnyJobSpec } from '../../../src/job/typed.ts'
import { specNamed } from '../../../src/queue/known-specs.ts'

const count = defineJob({
  name: 'test.count',
  limits: [{ key: 'api', concurrency: 2 }],
  cache: { key: (input) => (input as { path: string }).path, ttl: '1h' },
  run: () => {},
})

const gatesOf = (spec: AnyJobSpec, checked: unknown, options = {}) =>
  newJob(spec, { id: 'j', input: '{}', checked }, termsOf(spec, parseEnqueue('enqueue', options))).limits

const limitsOf = (path: string, options = {}) => gatesOf(count, { path }, options)

const job: Claimed = {
  ...{
    seq: 1,
    id: 'j',
    name: 'test.count',
    queue: 'default',
    dueAt: 0,
    claimedAt: 0,
    attempt: 1,
    retries: 3,
  },
  ...{ epoch: 1, errors: null, deadlineAt: null, limits: limitsOf('a') },
}

const policy = { worker: 'w', retry: {}, random: () => 0.5, nowMs: 0, answersForMs: 60_000 }

test('the gate that equal jobs share comes before those of limits, whatever limits the call has', () => {
  expect(limitsOf('a')).toBe('[["cache of test.count=a",1],["api",1]]')
  expect(limitsOf('a', { limits: [] })).toBe('[["cache of test.count=a",1]]')
  expect(limitsOf('a', { limits: [{ key: 'zoo', concurrency: 1 }] })).toBe(
    '[["cache of test.count=a",1],["zoo",1]]',
  )
})

test('only what a job is done with is the result of its equals, and only where its definition has a cache', () => {
  const answers = { gate: 'cache of test.count=a', forMs: 60_000 }
  const complete: Outcome = { kind: 'complete', output: '1' }
  expect(settle(job, complete, policy)).toMatchObject({ answers })
  const others: Outcome[] = [
    { kind: 'skip', reason: 'no' },
    { kind: 'cached', output: '1', from: 'other' },
    { kind: 'snooze', delayMs: 1 },
    { kind: 'release' },
    { kind: 'failure', failureKind: 'error', error: new Error('no') },
  ]
  for (const outcome of others) expect(settle(job, outcome, policy)).not.toHaveProperty('answers')
  expect(settle(job, complete, { ...policy, answersForMs: undefined })).not.toHaveProperty('answers')
  expect(settle({ ...job, limits: '[["api",1]]' }, complete, policy)).not.toHaveProperty('answers')
})

test('RateLimited closes the first limit, not the gate that equal jobs share', () => {
  const limited: Outcome = { kind: 'snooze', delayMs: 9, limited: { limit: undefined } }
  expect(settle(job, limited, policy)).toMatchObject({ closes: { gate: 'api', forMs: 9 } })
  const alone = { ...job, limits: limitsOf('a', { limits: [] }) }
  const settled = settle(alone, limited, policy)
  expect(settled).toMatchObject({ dueInMs: 9 })
  expect(settled).not.toHaveProperty('closes')
})

test('a rerun has the same gates and says so, once, and one of an unknown key has no equals', () => {
  const limits = renewing(limitsOf('a'))
  expect(limits).toBe('[["cache of test.count=a",1,"renews"],["api",1]]')
  expect(renewing(limits)).toBe(limits)
  expect(cacheGateOf(limits)).toBe('cache of test.count=a')
  expect(withoutCache(limits)).toBe('[["api",1]]')
  expect(withoutCache(limitsOf('a', { limits: [] }))).toBeNull()
  for (const plain of [null, '[["api",1]]'])
    expect([renewing(plain), withoutCache(plain)]).toEqual([plain, plain])
})

test('what a job requires of its worker stays with it when it is run anew', () => {
  const requiring = limitsOf('a', { requires: ['gpu'] })
  expect(requirementsIn(renewing(requiring))).toBe('gpu')
  expect(requirementsIn(withoutCache(limitsOf('a', { requires: ['gpu'], limits: [] })))).toBe('gpu')
})

const constant = () => 'a'

test.each([
  [{ ttl: '1h' }, "'key'"],
  [{ key: constant }, "'ttl'"],
  [{ key: 'a', ttl: '1h' }, "'key'"],
  [{ key: constant, ttl: 0 }, "'ttl'"],
  [{ key: constant, maxAge: '1h' }, "'ttl'"],
  ['1h', "'cache'"],
])('a cache of %j is refused by the name of what is wrong', (cache, named) => {
  expect(() => defineJob({ name: 'test.bad', cache: cache as never, run: () => {} })).toThrow(named)
})

test('a key that is no text, or a function that throws, is refused before anything is stored', () => {
  expect(() => gatesOf(count, { path: {} })).toThrow(expect.objectContaining({ code: 'invalid_limit_key' }))
  expect(() => gatesOf(count, null)).toThrow(expect.objectContaining({ code: 'invalid_limit_key' }))
  expect(() => gatesOf(count, { path: {} })).toThrow(
    /^The key of the cache gave .* for the input of job '.*': .* or null where this job has no equal\./,
  )
  expect(() => gatesOf(count, { path: '' })).toThrow(
    /^The key of the cache of job '.*' is '', which is not valid/,
  )
})

test('a definition that is put together from another one keeps its cache', () => {
  const other = { ...count, retries: 1 }.handle(() => 1)
  expect(other.cache?.ttlMs).toBe(3_600_000)
  expect(gatesOf(other, { path: 'a' })).toBe(limitsOf('a'))
})

test('jobs of a prefix are equal to those of their own name alone', () => {
  const any = { ...count, name: 'test.count.*', limits: [] }.handle(() => {})
  const specs = new Map([[any.name, any]])
  const gates = ['test.count.words', 'test.count.lines'].map((name) =>
    gatesOf(specNamed(specs, name) as AnyJobSpec, { path: 'a' }),
  )
  expect(gates).toEqual(['[["cache of test.count.words=a",1]]', '[["cache of test.count.lines=a",1]]'])
})

test('the limits of a queue come after the gate that equal jobs share, which stays as it is', () => {
  const within = gatesWithin(renewing(limitsOf('a')), [{ key: 'a', concurrency: 1 }])
  expect(within).toBe('[["cache of test.count=a",1,"renews"],["a",1,1],["api",1]]')
  expect(gatesWithin(within, undefined)).toBe(renewing(limitsOf('a')))
})
