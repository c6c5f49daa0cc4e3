import type { DatabaseSync } from 'node:sqlite'
import { defineJob, type Queue } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

/** A table of the application's own, in the file of the queue. */
async function makeTable(queue: Queue): Promise<void> {
  await queue.transaction((tx) => tx.exec('create table sales (item text primary key)'))
}

function sell(tx: DatabaseSync, item: string): void {
  tx.prepare('insert into sales values (?)').run(item)
}

async function sold(queue: Queue): Promise<unknown[]> {
  return queue.transaction((tx) =>
    tx
      .prepare('select item from sales order by item')
      .all()
      .map(({ item }) => item),
  )
}

describeSqlite('enqueueing in a transaction', (test) => {
  test('commits with the rows of the caller', async ({ queue }) => {
    await makeTable(queue)
    const ids = await queue.transaction(async (tx) => {
      sell(tx, 'bread')
      const one = await queue.enqueue(echo, 1, { tx })
      const more = await queue.enqueueMany(echo, [2, 3], { tx })
      return [one, ...more].map(({ id }) => id)
    })
    expect(await sold(queue)).toEqual(['bread'])
    expect((await queue.list()).map(({ id }) => id)).toEqual(ids.reverse())
    expect(await runUntilIdle(queue, { jobs: [echo] })).toBe(3)
  })

  test('rolls back with them', async ({ queue, start }) => {
    await makeTable(queue)
    await start({ jobs: [echo] })
    const failed = queue.transaction(async (tx) => {
      sell(tx, 'bread')
      await queue.enqueue(echo, 1, { tx })
      throw new Error('the till is locked')
    })
    await expect(failed).rejects.toThrow('the till is locked')
    expect(await sold(queue)).toEqual([])
    expect(await queue.count()).toBe(0)
  })

  test('a running worker takes the jobs as soon as it is committed, not before', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs } = heldJob()
    await start({ jobs: [job] })
    await queue.transaction(async (tx) => {
      await queue.enqueue(job, 1, { tx })
      await clock.settle()
      expect(runs).toHaveLength(0)
    })
    await clock.settle()
    expect(runs).toHaveLength(1)
  })

  test('a transaction that is over, or of something else, is refused', async ({ queue, open }) => {
    const over = await queue.transaction((tx) => tx)
    const elsewhere = await open()
    for (const tx of [over, {}]) {
      await expect(queue.enqueue(echo, 1, { tx })).rejects.toMatchObject({ code: 'foreign_transaction' })
    }
    await elsewhere.transaction(async (tx) => {
      await expect(queue.enqueue(echo, 1, { tx })).rejects.toMatchObject({ code: 'foreign_transaction' })
    })
    expect(await queue.count()).toBe(0)
  })

  test('of many items, all are in the transaction or none', async ({ queue }) => {
    await queue.transaction(async (tx) => {
      const mixed = queue.enqueueMany([
        { job: echo, input: 1 },
        { job: echo, input: 2, options: { tx } },
      ])
      await expect(mixed).rejects.toMatchObject({ code: 'inside_transaction' })
    })
    expect(await queue.count()).toBe(0)
  })
})

describeStores('inside a transaction', (test) => {
  test('a call that would wait for it is refused, instead of waiting for ever', async ({ queue }) => {
    const handle = await queue.enqueue(echo, 0)
    await queue.transaction(async () => {
      const calls: Record<string, () => Promise<unknown>> = {
        enqueue: () => queue.enqueue(echo, 1),
        enqueueMany: () => queue.enqueueMany(echo, [1]),
        cancel: () => queue.cancel(handle.id),
        'cancel of a handle': () => handle.cancel(),
        retry: () => queue.retry(handle.id),
        pause: () => queue.pause('default'),
        resume: () => queue.resume('default'),
        purge: () => queue.purge('default'),
        configure: () => queue.configure('default', {}),
        prune: () => queue.prune(),
        transaction: () => queue.transaction(() => 1),
      }
      for (const [name, call] of Object.entries(calls)) {
        await expect(call(), name).rejects.toMatchObject({ code: 'inside_transaction' })
      }
    })
    expect(await queue.count({ state: 'pending' })).toBe(1)
  })

  test('side by side with it, other calls wait for its end', async ({ queue }) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const order: string[] = []
    const open = queue.transaction(async () => {
      await promise
      order.push('transaction')
    })
    const enqueued = queue.enqueue(echo, 1).then(() => order.push('enqueue'))
    resolve()
    await Promise.all([open, enqueued])
    expect(order).toEqual(['transaction', 'enqueue'])
  })
})

const sale = defineJob({
  name: 'shop.sell',
  input: z.string(),
  output: z.object({ sold: z.string() }),
  retries: 0,
  run: (item, ctx) =>
    ctx.transaction((tx) => {
      sell(tx, item)
      return { sold: item }
    }),
})

describeSqlite('ctx.transaction', (test) => {
  test('the effect and the completion are committed together', async ({ queue }) => {
    await makeTable(queue)
    const told: unknown[] = []
    queue.on('complete', ({ id }) => told.push(id))
    const handle = await queue.enqueue(sale, 'bread')
    await runUntilIdle(queue, { jobs: [sale] })
    expect(await handle.result()).toEqual({ sold: 'bread' })
    expect(await sold(queue)).toEqual(['bread'])
    expect(told).toEqual([handle.id])
  })

  test('when the body throws, neither is', async ({ queue }) => {
    await makeTable(queue)
    await queue.transaction((tx) => sell(tx, 'bread'))
    const handle = await queue.enqueue(sale, 'bread')
    await runUntilIdle(queue, { jobs: [sale] })
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      failure: { message: expect.stringMatching(/UNIQUE/) },
    })
    expect(await sold(queue)).toEqual(['bread'])
  })

  test('when the output does not fit, neither is', async ({ queue }) => {
    await makeTable(queue)
    const wrong = defineJob({
      name: 'shop.wrong',
      output: z.number(),
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction((tx) => {
          sell(tx, 'bread')
          return 'not a number' as never
        }),
    })
    const handle = await queue.enqueue(wrong)
    await runUntilIdle(queue, { jobs: [wrong] })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { code: 'invalid_output' } })
    expect(await sold(queue)).toEqual([])
  })

  test('a fate that its body has not returned is told once, though the transaction fails', async ({
    queue,
  }) => {
    const told: unknown[] = []
    queue.on('call_error', ({ call }) => told.push(call))
    const job = defineJob({
      name: 'test.forgets',
      retries: 0,
      output: z.number(),
      run: (_, ctx) =>
        ctx.transaction(() => {
          ctx.skip('done')
          return 'no number' as never
        }),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'failed' })
    expect((await queue.logs(handle.id)).map(({ level }) => level)).toEqual(['warn'])
    expect(told).toEqual(['ctx.skip'])
  })

  test('when the job was lost meanwhile, neither is', async ({ queue, clock, start }) => {
    await makeTable(queue)
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    clock.jump(11_000)
    await start({ jobs: [job] })
    const write = (index: number) =>
      run(index).ctx.transaction((tx) => {
        sell(tx, `of run ${index}`)
        return index
      })
    await expect(write(0)).rejects.toMatchObject({ code: 'lease_lost', facts: { id: handle.id, epoch: 1 } })
    expect(await sold(queue)).toEqual([])
    run(1).end(await write(1))
    expect(await handle.result()).toBe(1)
    expect(await sold(queue)).toEqual(['of run 1'])
  })

  test('when the job was cancelled meanwhile, neither is', async ({ queue, start }) => {
    await makeTable(queue)
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await handle.cancel()
    const written = run().ctx.transaction((tx) => sell(tx, 'bread'))
    await expect(written).rejects.toMatchObject({ code: 'lease_lost' })
    expect(await sold(queue)).toEqual([])
    expect((await handle.get()).state).toBe('cancelled')
  })

  test('children are enqueued with it, or not at all', async ({ queue }) => {
    await makeTable(queue)
    let broken = true
    const parent = defineJob({
      name: 'shop.order',
      retries: 1,
      run: (_, ctx) =>
        ctx.transaction(async (tx) => {
          await ctx.enqueue(echo, 'child', { tx })
          if (broken) {
            broken = false
            throw new Error('once')
          }
          return 'ordered'
        }),
    })
    const handle = await queue.enqueue(parent)
    await runUntilIdle(queue, { jobs: [parent, echo] })
    expect(await handle.result()).toBe('ordered')
    expect(await queue.count({ name: 'test.echo' })).toBe(1)
  })

  test('it settles the job: what the handler does afterwards changes nothing', async ({
    queue,
    clock,
    start,
  }) => {
    await makeTable(queue)
    const told: string[] = []
    for (const name of ['complete', 'retry', 'fail', 'release', 'refuse'] as const) {
      queue.on(name, () => told.push(name))
    }
    const { job, run } = heldJob({ timeout: '10s' })
    const handles = await queue.enqueueMany(job, [0, 1])
    await start({ jobs: [job] })
    for (const index of [0, 1]) await run(index).ctx.transaction(() => index)
    await expect(run().ctx.transaction(() => 2)).rejects.toMatchObject({ code: 'already_settled' })
    run(0).fail(new Error('after the fact'))
    await clock.advance('11s')
    run(1).end('after its time')
    await clock.settle()
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([0, 1])
    expect(told).toEqual(['complete', 'complete'])
  })

  test('what would wait for it is refused in it', async ({ queue, start }) => {
    const { job, run } = heldJob()
    await queue.enqueue(job)
    await start({ jobs: [job] })
    const { ctx } = run()
    const told = await ctx.transaction(async () => {
      ctx.progress(0.5)
      ctx.log.info('in it')
      const refusals = [ctx.checkpoint({ a: 1 }), ctx.enqueue(echo, 1), queue.cancel(ctx.job.id)]
      return (await Promise.allSettled(refusals)).map(
        (each) => each.status === 'rejected' && each.reason.code,
      )
    })
    expect(told).toEqual(Array.from({ length: 3 }, () => 'inside_transaction'))
  })

  test('what a handler told before it is kept', async ({ queue }) => {
    const job = defineJob({
      name: 'test.tell',
      run(_, ctx) {
        ctx.progress(0.5)
        ctx.log.info('before')
        return ctx.transaction(() => 'done')
      },
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'complete', progress: { fraction: 0.5 } })
    expect(await queue.logs(handle.id)).toMatchObject([{ message: 'before' }])
  })
})

describeStores('a store without transactions of the caller', (test) => {
  test('says so in ctx.transaction, and what to use', async ({ queue, url, start, clock }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    const written = run().ctx.transaction(() => 1)
    if (url === 'memory:') {
      await expect(written).rejects.toMatchObject({
        code: 'not_supported',
        message: expect.stringMatching(/sqlite:FILE/),
      })
    } else {
      expect(await written).toBe(1)
    }
    run().end(1)
    await clock.settle()
    expect(await handle.result()).toBe(1)
  })
})
