import fc from 'fast-check'
import { expect, test } from 'vitest'
import { progressOf } from '../../../src/cli/job-table.ts'
import { appendFailure, parseFailures } from '../../../src/job/failure.ts'
import type { JobRecord } from '../../../src/job/job.ts'
import { toJob } from '../../../src/job/job.ts'
import { ERRORS_KEPT } from '../../../src/job/limits.ts'
import { STATES } from '../../../src/job/state.ts'
import { storedIssues, toDate } from '../../../src/job/stored.ts'

const RECORD: JobRecord = {
  ...{
    seq: 1,
    id: 'j',
    name: 'n',
    queue: 'q',
    state: 'pending',
    priority: 0,
    key: null,
    retries: 3,
    limits: null,
    gate: null,
    timeoutMs: null,
    rerunOf: null,
  },
  ...{
    tags: null,
    context: null,
    input: 'null',
    progress: null,
    checkpoint: null,
    output: null,
    errors: null,
    deadlineAt: null,
  },
  ...{
    attempt: 0,
    epoch: 0,
    crashes: 0,
    care: 0,
    worker: null,
    outcome: null,
    reason: null,
    failureKind: null,
  },
  ...{ dueAt: 0, createdAt: 0, startedAt: null, finishedAt: null, expiresAt: null },
}

/** A text that may stand in a column: mostly JSON of some shape, or of none. */
const column = fc.oneof(fc.json(), fc.string(), fc.constant(null))

test('whatever stands in its columns, a job can be read, and written out again', () => {
  const columns = fc.record({
    tags: column,
    context: column,
    progress: column,
    checkpoint: column,
    errors: column,
  })
  const states = fc.constantFrom(...STATES, 'odd' as never)
  fc.assert(
    fc.property(columns, states, fc.double(), (values, state, time) => {
      const job = toJob({
        ...RECORD,
        ...values,
        state,
        createdAt: time,
        input: values.tags ?? '1',
        output: values.tags,
      })
      expect(job.tags.every((tag) => typeof tag === 'string')).toBe(true)
      expect(typeof progressOf(job)).toBe('string')
      expect(
        job.errors.every(({ message, at }) => typeof message === 'string' && at.toISOString() !== ''),
      ).toBe(true)
      expect(job.createdAt.toISOString()).toEqual(expect.any(String))
      expect(() => JSON.stringify(job)).not.toThrow()
      storedIssues({ ...RECORD, ...values })
    }),
  )
})

test('a history goes on, whatever stands in it, and stays as short as any', () => {
  const failure = { kind: 'timeout', message: 'late', attempt: 2, at: 5 } as const
  fc.assert(
    fc.property(column, (history) => {
      const after = parseFailures(appendFailure(history, failure))
      expect(after.at(-1)).toEqual({ ...failure, at: new Date(5) })
      expect(after.length).toBeLessThanOrEqual(ERRORS_KEPT)
    }),
  )
})

test('what Millhand writes is read as it was written', () => {
  const failure = { kind: 'error', message: 'no', code: 'E1', stack: 'at x', attempt: 1, at: 7 } as const
  expect(parseFailures(appendFailure(null, failure))).toEqual([{ ...failure, at: new Date(7) }])
  const well = {
    tags: '["a"]',
    context: '{"user":"ann"}',
    checkpoint: '1',
    progress: '{"fraction":1,"data":[1]}',
  }
  expect(storedIssues({ ...RECORD, ...well })).toEqual([])
  expect(toJob({ ...RECORD, ...well })).toMatchObject({
    ...{ tags: ['a'], context: { user: 'ann' }, checkpoint: 1, progress: { fraction: 1, data: [1] } },
  })
})

test('a message of progress with a toString of its own is shown, and not called', () => {
  const message = { toString: 'x' } as never
  expect(progressOf({ progress: { fraction: 0.5, message } })).toBe('50% {"toString":"x"}')
})

test('a time that no date can hold is the nearest one', () => {
  expect(
    [toDate(1e300), toDate(-1e300), toDate(Number.NaN), toDate(5)].map((date) => date.getTime()),
  ).toEqual([...[8.64e15, 0, 0, 5]])
})
