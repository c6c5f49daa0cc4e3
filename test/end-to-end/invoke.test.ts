import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

const double = defineJob({ name: 'child.double', input: z.number(), retries: 0, run: (input) => input * 2 })

const PAST_THE_LEASE_MS = 11_000

/** A child whose first run fails; the others give how many there were. */
function failingOnce(name: string, { retries }: { readonly retries: number }) {
  let runs = 0
  return defineJob({
    name,
    retries,
    run() {
      runs += 1
      if (runs === 1) throw new Error('not yet')
      return runs
    },
  })
}

describeStores('ctx.invoke', (test) => {
  test('a worker of one slot runs parents, children and their children', async ({ queue }) => {
    const middle = defineJob({
      name: 'child.middle',
      input: z.number(),
      run: async (input, ctx) => (await ctx.invoke(double, input)) + (await ctx.invoke(double, input + 1)),
    })
    const parent = defineJob({
      name: 'parent.all',
      input: z.array(z.number()),
      async run(input, ctx) {
        const all = await Promise.all(input.map((each) => ctx.invoke(middle, each)))
        return all.reduce((sum, each) => sum + each, 0)
      },
    })
    const handles = await queue.enqueueMany(parent, [
      [1, 2, 3],
      [4, 5],
    ])
    await runUntilIdle(queue, { jobs: [parent, middle, double], concurrency: 1 })
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([30, 40])
    expect(await queue.count({ name: 'child.double' })).toBe(10)
  })

  test('a parent that runs again is given the results of the children that it had', async ({ queue }) => {
    let runs = 0
    const parent = defineJob({
      name: 'parent.again',
      async run(_: unknown, ctx) {
        const given = [await ctx.invoke(double, 1), await ctx.invoke(double, 2, { step: 'second' })]
        runs += 1
        if (runs === 1) throw new Error('once')
        return given
      },
    })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, double] })
    expect(await handle.result()).toEqual([2, 4])
    expect(await queue.count({ name: 'child.double' })).toBe(2)
  })

  test('a child that failed fails its parent, and runs anew with the retry of that', async ({ queue }) => {
    const child = failingOnce('child.fails', { retries: 0 })
    const parent = defineJob({ name: 'parent.retried', run: (_: unknown, ctx) => ctx.invoke(child) })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, child] })
    expect(await handle.result()).toBe(2)
    expect((await handle.get()).errors).toMatchObject([{ code: 'job_failed' }])
    expect((await queue.list({ name: 'child.fails' })).map(({ state }) => state)).toEqual([
      'complete',
      'failed',
    ])
  })

  test('a child may be retried, and due later than its parent waits for in real time', async ({ queue }) => {
    const child = failingOnce('child.retried', { retries: 1 })
    const parent = defineJob({
      name: 'parent.patient',
      retries: 0,
      stallTimeout: '10ms',
      run: (_: unknown, ctx) => ctx.invoke(child, null, { delay: '1h' }),
    })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, child] })
    expect(await handle.get()).toMatchObject({ state: 'complete', attempt: 1 })
  })

  test('a stopping worker gives the parent back, which finds its child elsewhere', async ({
    queue,
    clock,
    start,
  }) => {
    const held = heldJob()
    const parent = defineJob({
      name: 'parent.moves',
      async run(_: unknown, ctx) {
        // A handler that takes any failure for an answer.
        return ctx.invoke(held.job, 'work').catch(() => 'nothing')
      },
    })
    const handle = await queue.enqueue(parent)
    const first = await start({ jobs: [parent] })
    await expect.poll(() => queue.count({ name: 'test.hold' })).toBe(1)
    await clock.advance('1s')
    await expect.poll(() => queue.logs(handle.id)).toHaveLength(1)
    expect((await queue.explain(handle.id)).reasons.map(({ code }) => code)).toEqual([
      'running',
      'waits_for_child',
    ])
    await first.stop()
    expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
    await start({ jobs: [parent, held.job], concurrency: 1 })
    await expect.poll(() => held.runs.length).toBe(1)
    held.run().end('done')
    await clock.advance('1s')
    expect(await handle.result()).toBe('done')
    expect(await queue.count({ name: 'test.hold' })).toBe(1)
  })

  test('a parent and its child that were there in crashes run again with care, and both end', async ({
    queue,
    clock,
    start,
  }) => {
    const held = heldJob()
    const parent = defineJob({
      name: 'parent.crashed',
      run: (_: unknown, ctx) => ctx.invoke(held.job, 'work'),
    })
    const handle = await queue.enqueue(parent)
    for (let round = 1; round <= 3; round += 1) {
      await start({ jobs: [parent, held.job], concurrency: 2 })
      await expect.poll(() => held.runs.length).toBe(round)
      if (round < 3) clock.jump(PAST_THE_LEASE_MS)
    }
    held.run(2).end('done')
    expect(await handle.result()).toBe('done')
    expect(await handle.get()).toMatchObject({ attempt: 1, crashes: 2 })
    expect(await queue.list({ name: 'test.hold' })).toMatchObject([{ attempt: 1, crashes: 2 }])
  })

  test('a parent that is cancelled while it waits takes its child with it, unless that is to go on', async ({
    queue,
    clock,
    start,
  }) => {
    const held = heldJob()
    const parent = defineJob({
      name: 'parent.cancelled',
      input: z.boolean(),
      run: (cancelWithParent, ctx) => ctx.invoke(held.job, 'work', { cancelWithParent }),
    })
    const handles = await queue.enqueueMany(parent, [true, false])
    await start({ jobs: [parent, held.job], concurrency: 2 })
    await expect.poll(() => held.runs.length).toBe(2)
    for (const { ctx } of held.runs) ctx.signal.addEventListener('abort', () => {})
    for (const handle of handles) await handle.cancel('no longer wanted')
    await expect
      .poll(async () => {
        await clock.advance('1s')
        return (await queue.list({ name: 'test.hold' })).map(({ state }) => state).sort()
      })
      .toEqual(['cancelled', 'running'])
    const [cancelled] = await queue.list({ name: 'test.hold', state: 'cancelled' })
    expect(cancelled?.reason).toBe(`its parent '${handles[0]?.id}' was cancelled: no longer wanted`)
    for (const run of held.runs) run.end()
  })

  test('another child at the same step is refused', async ({ queue }) => {
    const parent = defineJob({
      name: 'parent.differs',
      retries: 0,
      async run(_: unknown, ctx) {
        const [first, second] = await Promise.all(
          [1, 1].map((input) => ctx.invoke(double, input, { step: 'the one' })),
        )
        const refused = await ctx.invoke(double, 2, { step: 'the one' }).catch((error: unknown) => error)
        return [first, second, (refused as { code?: string }).code ?? 'none']
      },
    })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, double] })
    expect(await handle.result()).toEqual([2, 2, 'child_differs'])
    expect(await queue.count({ name: 'child.double' })).toBe(1)
  })

  test('a call that is not waited for is told of', async ({ queue, start }) => {
    const held = heldJob()
    const errors: unknown[] = []
    const ended = Promise.withResolvers<void>()
    queue.on('call_error', ({ call, error }) => errors.push([call, (error as { code?: string }).code]))
    const parent = defineJob({
      name: 'parent.forgets',
      async run(_: unknown, ctx) {
        void ctx.invoke(held.job, 'work')
        await ended.promise
      },
    })
    const handle = await queue.enqueue(parent)
    await start({ jobs: [parent] })
    await expect.poll(() => queue.count({ name: 'test.hold' })).toBe(1)
    ended.resolve()
    await handle.result()
    await expect.poll(() => errors).toEqual([['ctx.invoke', 'child_not_awaited']])
  })

  test('tags and context go along, and it comes before what has not begun', async ({ queue }) => {
    const child = defineJob({ name: 'child.labelled', run: (_: unknown, ctx) => ctx.context })
    const parent = defineJob({
      name: 'parent.labelled',
      run: (_: unknown, ctx) => ctx.invoke(child, null, { tags: ['b'], context: { more: 1 } }),
    })
    const options = { tags: ['a'], context: { user: 'u1' }, priority: 4 }
    const handle = await queue.enqueue(parent, undefined, options)
    await runUntilIdle(queue, { jobs: [parent, child] })
    expect(await handle.result()).toEqual({ user: 'u1', more: 1 })
    const [made] = await queue.list({ name: 'child.labelled' })
    expect(made).toMatchObject({ tags: ['a', 'b'], priority: 5 })
  })
})

describeSqlite('ctx.invoke', (test) => {
  test('in a transaction it is refused, and nothing of it is kept', async ({ queue }) => {
    const parent = defineJob({
      name: 'parent.transacts',
      retries: 0,
      run: (_: unknown, ctx) => ctx.transaction(() => ctx.invoke(double, 1)),
    })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, double] })
    await expect(handle.result()).rejects.toMatchObject({ facts: { code: 'inside_transaction' } })
    expect(await queue.count({ name: 'child.double' })).toBe(0)
  })
})
