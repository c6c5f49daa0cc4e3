import { defineJob, type EnqueueHook, type EnqueueOptions, type JobDefinition } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { internalsOf } from '../../../src/queue/internals.ts'

const userOf = (input: unknown) => (input as { user: string }).user
const limits = [{ key: userOf, name: 'user', concurrency: 1 }]
const mail = defineJob({ name: 'test.mail', input: z.object({ user: z.string() }), limits })
const any = defineJob({ name: 'test.any', keyScope: 'forever' })

const SAID: EnqueueOptions = {
  ...{ queue: 'slow', priority: 4, tags: ['a'], context: { trace: 1 }, retries: 2, key: 'k', timeout: 5_000 },
}

/** A queue whose hook does this to whatever is enqueued after the first job. */
async function hooked(hook: EnqueueHook) {
  const { queue } = await openTestQueue({
    aroundEnqueue: [(call, next) => (isFirst ? next() : hook(call, next))],
  })
  let isFirst = true
  const enqueue = async (
    job: JobDefinition | typeof any | typeof mail,
    input: unknown,
    options?: EnqueueOptions,
  ) => {
    const first = await queue.enqueue(job as typeof any, input, options)
    await first.cancel()
    isFirst = false
    return first
  }
  return { queue, enqueue }
}

test('a rerun passes through the hooks of its queue, with what the old job was enqueued with', async () => {
  const calls: unknown[] = []
  const { queue, enqueue } = await hooked(({ job, input, options }, next) => {
    calls.push({ name: job.name, input, options })
    return next()
  })
  const first = await enqueue(mail, { user: 'ada' }, SAID)
  const again = await first.rerun()
  await queue.rerun(mail, first.id, { input: { user: 'bob' } })
  expect(calls).toEqual([
    { name: 'test.mail', input: { user: 'ada' }, options: SAID },
    { name: 'test.mail', input: { user: 'bob' }, options: SAID },
  ])
  expect(await again.get()).toMatchObject({
    queue: 'slow',
    priority: 4,
    tags: ['a'],
    retries: 2,
    key: 'k',
    rerunOf: first.id,
  })
  await queue.close()
})

test('a hook that throws refuses a rerun, and nothing is stored', async () => {
  const { queue, enqueue } = await hooked(() => {
    throw new Error('not you')
  })
  const first = await enqueue(any, 1)
  await expect(first.rerun()).rejects.toThrow('not you')
  await expect(queue.rerun(first.id, { input: 2 })).rejects.toThrow('not you')
  expect(await queue.count()).toBe(1)
  await queue.close()
})

test('what a hook makes of the options of a rerun counts, and what it leaves stays', async () => {
  const { queue, enqueue } = await hooked(({ options }, next) =>
    next({ options: { ...options, context: { ...options.context, user: 'eve' }, delay: '1h' } }),
  )
  const first = await enqueue(mail, { user: 'ada' }, { ...SAID, key: 'k' })
  const again = await (await queue.rerun(first.id)).get()
  expect(again).toMatchObject({
    ...{ queue: 'slow', priority: 4, tags: ['a'], retries: 2, key: 'k', input: { user: 'ada' } },
    ...{ context: { trace: 1, user: 'eve' }, rerunOf: first.id },
  })
  expect(again.dueAt.getTime() - again.createdAt.getTime()).toBe(3_600_000)
  await queue.close()
})

test('what a hook makes of the input of a rerun is checked, and is what its limits go by', async () => {
  const users = ['bob', 5]
  const { queue, enqueue } = await hooked((_, next) => next({ input: { user: users.shift() } }))
  const first = await enqueue(mail, { user: 'ada' })
  const again = await queue.rerun(mail, first.id)
  expect(await again.get()).toMatchObject({ input: { user: 'bob' } })
  await expect(queue.rerun(mail, first.id)).rejects.toMatchObject({ code: 'invalid_input' })
  await queue.close()
})

test('a hook that takes the key or the limits of a rerun away, or gives others, is heeded', async () => {
  const given: EnqueueOptions[] = [
    { key: 'other', keyScope: 'forever' },
    { limits: [{ key: 'api', concurrency: 1 }] },
  ]
  const { queue, enqueue } = await hooked(({ options: { key: _, ...options } }, next) =>
    next({ options: { ...options, ...given.shift() } }),
  )
  const first = await enqueue(mail, { user: 'ada' }, SAID)
  const keyed = await first.rerun()
  expect(await keyed.get()).toMatchObject({ key: 'other' })
  await keyed.cancel()
  expect(await queue.freeKey(mail, 'other')).toBe(true)
  expect(await (await first.rerun()).get()).not.toHaveProperty('key')
  expect((await queue.limits.list()).map(({ name }) => name)).toEqual(['api', 'user'])
  await queue.close()
})

test('a hook that changes what a rerun requires leaves its limits as they were', async () => {
  const { queue, enqueue } = await hooked(({ options }, next) =>
    next({ options: { ...options, requires: ['gpu'] } }),
  )
  const first = await enqueue(mail, { user: 'ada' }, { limits: [{ key: 'api', concurrency: 1 }] })
  const again = await queue.rerun(mail, first.id)
  const [record] = await internalsOf(queue, 'test').store.catalog.get([again.id])
  expect(record?.limits).toBe('[["!gpu",0],["api",1]]')
  await queue.close()
})

test('an input of null is an input, and one that is read twice is the one that was read first', async () => {
  const { queue } = await openTestQueue()
  const first = await queue.enqueue(any, 1)
  expect(await (await first.rerun({ input: null })).get()).toMatchObject({ input: null })
  expect(await (await first.rerun({ input: undefined })).get()).toMatchObject({ input: 1 })
  let reads = 0
  const options = Object.defineProperty({}, 'input', { get: () => ++reads })
  expect(await (await first.rerun(options)).get()).toMatchObject({ input: 1 })
  expect(reads).toBe(1)
  await queue.close()
})
