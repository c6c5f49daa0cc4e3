import { defineJob, type EnqueueHook, type MillhandError } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

const groupOf = (input: unknown) => (input as { tenant: string | number | null }).tenant
const send = defineJob({ name: 'mail.send', group: groupOf, async run() {} })

const WORKERS = 3
/** Slots of a worker, by default. */
const SLOTS = 10

describeStores('groups', (test) => {
  test('a group with hundreds of quick jobs delays the first job of another by no more than what three workers begin at once', async ({
    queue,
    start,
  }) => {
    const started: string[] = []
    let startedBefore = 0
    const quick = defineJob({
      name: 'test.quick',
      group: groupOf,
      async run(input) {
        started.push(String(groupOf(input)))
        if (started.length !== 300) return
        await queue.enqueue(quick, { tenant: 'small' })
        startedBefore = started.length
      },
    })
    await queue.enqueueMany(quick, Array(900).fill({ tenant: 'big' }))
    for (let worker = 0; worker < WORKERS; worker += 1) await start({ jobs: [quick] })
    await expect.poll(() => started.length, { timeout: 30_000 }).toBe(901)
    expect(started.indexOf('small') - startedBefore).toBeLessThanOrEqual(WORKERS * SLOTS)
  })

  test('explain says whose turn it is that a job waits for, and its share', async ({ queue, start }) => {
    const { job } = heldJob()
    await queue.configure('mail', { shares: { small: 2 } })
    await queue.enqueue(job)
    await start({ jobs: [job, send], concurrency: 1 })
    await queue.enqueueMany(
      send,
      ['big', 'big', 'other'].map((tenant) => ({ tenant })),
      { queue: 'mail' },
    )
    const [, second] = await queue.enqueueMany(send, Array(2).fill({ tenant: 'small' }), { queue: 'mail' })
    const { reasons, text } = await queue.explain(second?.id ?? '')
    expect(reasons.filter(({ code }) => code === 'turn' || code === 'behind')).toMatchObject([
      { facts: { group: 'small', waiting: 2, groups: 2, share: 2 } },
      { facts: { ahead: 1 } },
    ])
    expect(text).toContain("of its group, 'small', 2 jobs of its priority wait, 2 other group(s) have any")
    expect(await queue.explainQueue('mail')).toMatchObject({ ready: 5 })
  })

  test('a job is found by its group, and keeps it when it is run anew', async ({ queue }) => {
    const { id } = await queue.enqueue(send, { tenant: 'a "%"' })
    await queue.enqueue(send, { tenant: null })
    await queue.enqueue(send, { tenant: 'a' }, { group: 'b' })
    expect((await queue.list({ group: 'a "%"' })).map((job) => [job.id, job.group])).toEqual([[id, 'a "%"']])
    expect(await queue.count({ group: 'b' })).toBe(1)
    await queue.matching({ group: 'a "%"' }).cancel('no')
    const again = await queue.rerun(id, { input: { tenant: 'c' } })
    expect(await again.get()).toMatchObject({ group: 'a "%"', rerunOf: id })
    expect(await queue.count({ group: 'a' })).toBe(0)
  })
})

describeSqlite('the group of a job', (test) => {
  test('is what a definition says, or its function, or a call', async ({ queue }) => {
    const fixed = defineJob({ name: 'test.fixed', group: 'one' })
    expect(await (await queue.enqueue(fixed)).get()).toMatchObject({ group: 'one' })
    expect(await (await queue.enqueue(fixed, null, { group: 'two' })).get()).toMatchObject({ group: 'two' })
    expect(await (await queue.enqueue(send, { tenant: 7 })).get()).toMatchObject({ group: '7' })
    expect(await (await queue.enqueue(send, { tenant: null })).get()).not.toHaveProperty('group')
  })

  test('is refused where it is no text, before anything is stored', async ({ queue }) => {
    const refusal = (input: unknown) => queue.enqueue(send, input).catch((error: MillhandError) => error)
    expect(await refusal({ tenant: {} })).toMatchObject({
      code: 'invalid_group',
      facts: { name: 'mail.send' },
    })
    expect(await refusal(undefined)).toMatchObject({ code: 'invalid_group', facts: { got: 'an error' } })
    expect(await refusal(undefined)).toHaveProperty(
      'message',
      expect.stringMatching(/gave an error \('.*undefined/),
    )
    expect(await refusal({ tenant: '' })).toMatchObject({ code: 'invalid_name' })
    expect(await refusal({ tenant: 'a\nb' })).toMatchObject({ code: 'invalid_name' })
    expect(() => defineJob({ name: 'test.bad', group: 'a\nb' })).toThrow("The group 'a")
    expect(() => defineJob({ name: 'test.bad', group: 7 as never })).toThrow(
      /a text of 1 to 512 characters, or a function/,
    )
    expect(await queue.count()).toBe(0)
  })

  test('is known by what others call it', async ({ queue }) => {
    await expect(queue.enqueue(send, { tenant: 'a' }, { tenantId: 'a' } as object)).rejects.toThrow(
      "Did you mean 'group'?",
    )
    expect(() => defineJob({ name: 'test.bad', fairnessKey: 'a' } as never)).toThrow("Did you mean 'group'?")
  })

  test('stays when a definition is spread, or handled later', async ({ queue }) => {
    const other = { ...send, name: 'mail.other' }
    expect(await (await queue.enqueue(other, { tenant: 'a' })).get()).toMatchObject({ group: 'a' })
    const handled = defineJob({ name: 'mail.later', group: 'x' }).handle(() => {})
    expect(await (await queue.enqueue(handled)).get()).toMatchObject({ group: 'x' })
  })

  test('is seen and changed by hooks', async ({ open }) => {
    const seen: unknown[] = []
    const hook: EnqueueHook = ({ options }, next) => {
      seen.push(options.group)
      return next({ options: { ...options, group: 'hooked' } })
    }
    const queue = await open({ aroundEnqueue: [hook] })
    const job = await queue.enqueue(send, { tenant: 'a' }, { group: 'b' })
    expect(await job.get()).toMatchObject({ group: 'hooked' })
    expect(await (await queue.rerun(job.id)).get()).toMatchObject({ group: 'hooked' })
    expect(seen).toEqual(['b', 'hooked'])
  })

  test.for([
    [{ shares: { a: 0 } }, 'numbers from 0.001 to 1000'],
    [{ shares: { a: '3' } }, 'numbers from 0.001 to 1000'],
    [{ shares: [3] }, 'numbers from 0.001 to 1000'],
    [{ share: { a: 1 } }, "Did you mean 'shares'?"],
    [{ shares: { 'a\nb': 1 } }, 'group'],
  ] as const)('shares are numbers by the names of groups: %j', async ([settings, message], { queue }) => {
    await expect(queue.configure('mail', settings as never)).rejects.toThrow(message)
  })
})
