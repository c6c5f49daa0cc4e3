import { expect, test } from 'vitest'
import { z } from 'zod'
import { type AnyJobDefinition, type BatchJob, defineJob, openQueue, Worker } from '../../../src/index.ts'
import { runJob } from '../../../src/testing/index.ts'

const echo = (jobs: readonly BatchJob[]) => jobs.map(({ input }) => input)
const many = (runMany: object, options: object = {}) =>
  defineJob({ name: 'test.batch', retries: 0, ...options, runMany } as never) as unknown as AnyJobDefinition

test('a handler is for one job or for many, not for both', () => {
  expect(() => many({ size: 2, run: echo }, { run: () => 1 })).toThrow(
    expect.objectContaining({ code: 'two_handlers', facts: { name: 'test.batch' } }),
  )
})

test.each<[string, object, RegExp, object?]>([
  ['no size', { run: echo }, /'size' is missing, expected a whole number from 1 to 10000/],
  ['no handler', { size: 2 }, /'run' is missing, expected a function/],
  ['a size of nothing', { size: 0, run: echo }, /'size' is 0/],
  ['a time that is none', { size: 2, wait: 'soon', run: echo }, /'wait' is 'soon'/],
  ['another word for the size', { batchSize: 2, run: echo }, /Did you mean 'size'\?/],
  ['another word for the wait', { size: 2, linger: '1s', run: echo }, /Did you mean 'wait'\?/],
  [
    'a wait that takes all of the time-out',
    { size: 2, wait: '1s', run: echo },
    /'wait' is 1s, expected less than the timeout of 1s/,
    { timeout: '1s' },
  ],
])('%s is refused, with what was expected', (...[, runMany, words, options]) => {
  expect(() => many(runMany, options)).toThrow(words)
})

test('what other systems call it is refused with what it is called here', async () => {
  const options = { name: 'test.batch', batchSize: 100, run: () => 1 }
  expect(() => defineJob(options as never)).toThrow('Did you mean runMany: { size: 100')
  const queue = await openQueue('memory:', { logger: false })
  const worker = { jobs: [many({ size: 2, run: echo })], batchSize: 100 }
  expect(() => new Worker(queue, worker)).toThrow('It is of the definition. Did you mean runMany: {')
  await queue.close()
})

test('a worker that can never fill a batch is refused', async () => {
  const queue = await openQueue('memory:', { logger: false })
  const job = many({ size: 20, run: echo })
  expect(() => new Worker(queue, { jobs: [job] })).toThrow(
    expect.objectContaining({
      code: 'batch_too_large',
      facts: { name: 'test.batch', size: 20, concurrency: 10 },
    }),
  )
  expect(new Worker(queue, { jobs: [job], concurrency: 20 })).toBeInstanceOf(Worker)
  await queue.close()
})

test('a spec that is spread gets its handler for many by that, too', async () => {
  const queue = await openQueue('memory:', { logger: false })
  const calls: unknown[] = []
  const run = (jobs: readonly BatchJob[]) => void calls.push(jobs.map(({ input }) => input))
  const job = {
    ...defineJob({ name: 'test.batch' }),
    runMany: { size: 5, run },
  } as unknown as AnyJobDefinition
  await queue.enqueueMany(job, [1, 2])
  await new Worker(queue, { jobs: [job] }).runUntilIdle()
  expect(calls).toEqual([[1, 2]])
  const both = { ...many({ size: 2, run: echo }), runMany: { size: 5, run } }
  expect(() => new Worker(queue, { jobs: [both] })).toThrow(expect.objectContaining({ code: 'two_handlers' }))
  await queue.close()
})

test('run by itself, a job is a batch of one', async () => {
  const job = many({ size: 5, run: echo })
  expect((await runJob(job, 'a')).outcome).toEqual({ verb: 'complete', output: 'a' })
  expect((await runJob({ ...job, name: 'test.other' }, 'b')).outcome).toEqual({
    ...{ verb: 'complete', output: 'b' },
  })
})

test('a spec gets its handler for many apart from it, and its cleanup', async () => {
  const cleaned: unknown[] = []
  const spec = defineJob({ name: 'test.batch', input: z.number(), output: z.number() })
  const job = spec.handleMany(
    { size: 5, run: (jobs) => jobs.map(({ input }) => input * 2) },
    { cleanup: (_, outcome) => void cleaned.push(outcome.how) },
  )
  expect((await runJob(job, 2)).outcome).toEqual({ verb: 'complete', output: 4 })
  expect(cleaned).toEqual(['complete'])
  expect(() => spec.handleMany({ size: 5 } as never)).toThrow(/handleMany: option 'run' is missing/)
})

test.each<[string, (jobs: readonly BatchJob[]) => unknown, object]>([
  ['nothing', () => undefined, { verb: 'complete', output: undefined }],
  ['too few', () => [], { verb: 'fail', error: { code: 'batch_mismatch', facts: { jobs: 1, got: '0' } } }],
  ['too many', () => [1, 2], { verb: 'fail', error: { code: 'batch_mismatch', facts: { got: '2' } } }],
  ['no list', () => 7, { verb: 'fail', error: { code: 'batch_mismatch', facts: { got: '7' } } }],
  [
    'too many, of which one is rejected',
    () => [1, Promise.reject(new Error('unheard'))],
    { verb: 'fail', error: { code: 'batch_mismatch' } },
  ],
  ['an error', () => [new TypeError('no')], { verb: 'fail', error: { message: 'no' } }],
  ['a promise of an error', () => [Promise.resolve(new TypeError('no'))], { verb: 'fail' }],
  ['a skip', ([job]) => [job?.skip('why')], { verb: 'skip', reason: 'why' }],
  ['a promise', () => [Promise.resolve(3)], { verb: 'complete', output: 3 }],
])('a handler that gives %s says so of its job', async (_, run, outcome) => {
  expect((await runJob(many({ size: 5, run }))).outcome).toMatchObject(outcome)
})

test('the output of each job is checked by the schema', async () => {
  const job = many({ size: 5, run: () => ['text'] }, { output: z.number() })
  expect((await runJob(job)).outcome).toMatchObject({ verb: 'fail', kind: 'invalid_output' })
})

test('a job of a batch has what is about one job, and nothing that commits or waits for it alone', async () => {
  let names: string[] = []
  const run = (jobs: readonly BatchJob[], ctx: object) => {
    names = ['checkpoint', 'transaction', 'invoke'].filter(
      (name) => name in (jobs[0] as object) || name in ctx,
    )
    const { id, input, attempt, context, log, progress, job } = jobs[0] as BatchJob
    log.info('told')
    progress(1 / 2)
    return [[id === job.id, input, attempt, context]]
  }
  const ran = await runJob(many({ size: 5, run }), 'a', { attempt: 2, context: { user: 'ada' } })
  expect(names).toEqual([])
  expect(ran.outcome).toEqual({ verb: 'complete', output: [true, 'a', 2, { user: 'ada' }] })
  expect(ran).toMatchObject({ logs: [{ message: 'told' }], progress: [{ fraction: 0.5 }] })
})
