import { expect, test } from 'vitest'
import { defineJob, openQueue } from '../../src/index.ts'

const job = defineJob({ name: 'test.keyed', keyScope: 'forever', async run() {} })

test('of calls that come together, those that are refused do not refuse the others', async () => {
  await using queue = await openQueue('memory:')
  const calls = [
    queue.enqueue(job, 1, { key: 'a' }),
    queue.enqueue(job, 2, { key: 'a', onConflict: 'reject' }),
    queue.enqueue(job, 3),
    queue.enqueue(job, 4, { key: 'a', onConflict: 'replace' }),
  ]
  const [first, refused, plain, replaced] = await Promise.allSettled(calls)
  const id = first?.status === 'fulfilled' ? first.value.id : ''
  expect(refused).toMatchObject({ reason: { code: 'key_conflict', facts: { id, state: 'pending' } } })
  expect(refused).not.toMatchObject({ reason: { facts: { index: 1 } } })
  expect(plain).toMatchObject({ value: { existed: false, replaced: false } })
  expect(replaced).toMatchObject({ value: { id, existed: true, replaced: true } })
  expect(await queue.get(id)).toMatchObject({ input: 4 })
})

test('enqueueMany says which of its jobs were refused, and stores none of them', async () => {
  await using queue = await openQueue('memory:')
  const { id } = await queue.enqueue(job, 1, { key: 'a' })
  const many = queue.enqueueMany([
    { job, input: 2, options: { key: 'b' } },
    { job, input: 3, options: { key: 'a', onConflict: 'reject' } },
  ])
  await expect(many).rejects.toMatchObject({ code: 'key_conflict', facts: { id, index: 1 } })
  expect(await queue.count()).toBe(1)
})

test('a key of a definition’s scope is held until it is freed', async () => {
  await using queue = await openQueue('memory:')
  const first = await queue.enqueue(job, 1, { key: 'a' })
  await first.cancel()
  expect(await queue.enqueue(job, 2, { key: 'a' })).toMatchObject({ id: first.id, existed: true })
  expect(await queue.freeKey(job, 'a')).toBe(true)
  expect(await queue.freeKey(job, 'a')).toBe(false)
  expect(await queue.enqueue(job, 3, { key: 'a' })).toMatchObject({ existed: false })
})

test('a scope holds for each job of enqueueMany, said of all, of one or by the definition', async () => {
  await using queue = await openQueue('memory:')
  const plain = defineJob({ name: 'test.plain' })
  const held = async (key: string) => (await queue.enqueue(plain, 2, { key })).existed
  const [one] = await queue.enqueueMany(plain, [1], { key: 'all', keyScope: 'forever' })
  const [two, three] = await queue.enqueueMany([
    { job: plain, input: 1, options: { key: 'one', keyScope: 'forever' } },
    { job: plain, input: 1, options: { key: 'active', keyScope: 'active' } },
  ])
  const [four] = await queue.enqueueMany(job, [1], { key: 'own' })
  const [five] = await queue.enqueueMany(job, [1], { key: 'active', keyScope: 'active' })
  for (const handle of [one, two, three, four, five]) await handle?.cancel()
  expect([await held('all'), await held('one'), await held('active')]).toEqual([true, true, false])
  expect((await queue.enqueue(job, 2, { key: 'own' })).existed).toBe(true)
  expect((await queue.enqueue(job, 2, { key: 'active' })).existed).toBe(false)
})

test('what is said of a key needs one', async () => {
  await using queue = await openQueue('memory:')
  await expect(queue.enqueue(job, 1, { onConflict: 'reject' })).rejects.toMatchObject({
    code: 'invalid_option',
    facts: { option: 'onConflict' },
  })
  const slip = queue.enqueue(job, 1, { key: 'a', onConflict: 'replaced' as 'replace' })
  await expect(slip).rejects.toThrow("Did you mean 'replace'?")
})
