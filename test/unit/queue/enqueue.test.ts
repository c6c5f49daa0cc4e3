import { defineJob, type EnqueueOptions, openQueue } from 'millhand'
import { expect, test } from 'vitest'
import { enqueueFields, parseEnqueue } from '../../../src/job/enqueue-options.ts'
import { invokeFields, parseInvoke } from '../../../src/job/invoke-options.ts'
import { termsOf } from '../../../src/job/new-job.ts'

const job = defineJob({ name: 'test.work' })

/** Options that count how often each of them is read, and give other limits each time. */
function counting(counts: Record<string, number>, fields: object = enqueueFields): EnqueueOptions {
  const read = (option: string) => {
    counts[option] = (counts[option] ?? 0) + 1
    return option === 'limits' ? [{ key: `api-${counts[option]}`, concurrency: 1 }] : undefined
  }
  const getters = Object.keys(fields).map((option) => [option, { get: () => read(option) }])
  return Object.defineProperties({}, Object.fromEntries(getters))
}

test('each option of an enqueue is read once: the limits that are written are those of the job', async () => {
  await using queue = await openQueue('memory:')
  const counts: Record<string, number> = {}
  await queue.enqueue(job, 1, counting(counts))
  expect(counts).toEqual(Object.fromEntries(Object.keys(enqueueFields).map((option) => [option, 1])))
  expect(await queue.limits.list()).toMatchObject([{ name: 'api-1' }])
})

test('each option of enqueueMany is read once, of all jobs or of one', async () => {
  await using queue = await openQueue('memory:')
  const once = Object.fromEntries(Object.keys(enqueueFields).map((option) => [option, 1]))
  const [ofAll, ofOne]: [Record<string, number>, Record<string, number>] = [{}, {}]
  await queue.enqueueMany(job, [1, 2, 3], counting(ofAll))
  await queue.enqueueMany([{ job, input: 1, options: counting(ofOne) }, { job }])
  expect([ofAll, ofOne]).toEqual([once, once])
  expect(await queue.limits.list()).toMatchObject([{ name: 'api-1' }])
})

test('each option of a child is read once', () => {
  const counts: Record<string, number> = {}
  const { limits } = parseInvoke(counting(counts, invokeFields)).options
  expect(counts).toEqual(Object.fromEntries(Object.keys(invokeFields).map((option) => [option, 1])))
  expect(limits).toEqual([{ key: 'api-1', concurrency: 1 }])
})

test('each part of what a job requires is read once', () => {
  const versions = ['>= 2', 5]
  const version = { enumerable: true, get: () => versions.shift() }
  const requires = [Object.defineProperty({}, 'version', version) as { version: string }]
  const { options } = termsOf(job, parseEnqueue('enqueue', { requires }))
  expect([options.requires, versions]).toEqual([[{ version: '>= 2' }], [5]])
})

test('limits that are null are those of the definition, as with any other option', async () => {
  await using queue = await openQueue('memory:')
  const limited = defineJob({ name: 'test.limited', limits: [{ key: 'api', concurrency: 1 }] })
  await queue.enqueue(limited, null, { limits: null as never })
  await queue.enqueueMany([{ job: limited, options: { limits: null as never } }])
  expect(await queue.limits.list()).toMatchObject([{ name: 'api' }])
  const slip = queue.enqueue(limited, null, { limits: 5 as never })
  await expect(slip).rejects.toThrow("enqueue: option 'limits' is 5, expected a list such as")
})
