import { AsyncLocalStorage } from 'node:async_hooks'
import { defineJob, JobWorker, type Logger, openQueue, type Queue, Worker } from 'millhand'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

/** What an application keeps for a request: the tenant that it is for. */
const tenant = new AsyncLocalStorage<string>()
const here = () => tenant.getStore() ?? 'nobody'
const TENANTS = ['ada', 'bob', 'cyd']

/** A job whose handler says in whose name it runs. */
const whose = defineJob({ name: 'scope.whose', run: async () => here() })

/** Three tenants enqueue side by side; gives in whose name each job ran. */
async function enqueueForAll(queue: Queue): Promise<unknown[]> {
  const one = (name: string) =>
    tenant.run(name, async () => {
      const job = await queue.enqueue(whose)
      const result = await job.result()
      expect(here()).toBe(name)
      return result
    })
  return Promise.all(TENANTS.map(one))
}

describeStores('the scope that AsyncLocalStorage keeps', (test) => {
  test('a handler runs in the scope in which its worker was made, whoever enqueues the job or wakes the worker', async ({
    queue,
    start,
  }) => {
    await tenant.run('worker', () => start({ jobs: [whose], concurrency: 2 }))
    for (let round = 0; round < 5; round += 1) {
      expect(await enqueueForAll(queue)).toEqual(['worker', 'worker', 'worker'])
    }
  })

  test('a worker that was made outside of all scopes runs its handlers outside of them, whoever starts it', async ({
    queue,
  }) => {
    const worker = new Worker(queue, { jobs: [whose] })
    await tenant.run('starter', () => worker.start())
    expect(await enqueueForAll(queue)).toEqual(['nobody', 'nobody', 'nobody'])
    await tenant.run('stopper', () => worker.stop())
  })

  test('so do one that is run by hand and one of a class', async ({ queue }) => {
    class Whose extends JobWorker {
      protected getWorkerName = () => 'Whose'
      protected canProcessJob = () => true
      protected executeJob = async () => here()
    }
    const [byHand, once, ofClass] = tenant.run('maker', () => [
      new Worker(queue, { jobs: [whose] }),
      new Worker(queue, { jobs: [whose] }),
      new Whose(queue),
    ])
    for (const run of [() => byHand.runUntilIdle(), () => once.runOnce(), () => ofClass.runUntilIdle()]) {
      const job = await queue.enqueue(whose)
      await tenant.run('runner', run)
      expect(await job.result()).toBe('maker')
    }
  })

  test('a handler that enters a scope takes no other handler there', async ({ queue, start }) => {
    const entering = defineJob({
      name: 'scope.enter',
      run: async () => {
        const before = here()
        tenant.enterWith('entered')
        return before
      },
    })
    await start({ jobs: [entering], concurrency: 2 })
    const jobs = await queue.enqueueMany(
      entering,
      Array.from({ length: 8 }, () => null),
    )
    expect(new Set(await Promise.all(jobs.map((job) => job.result())))).toEqual(new Set(['nobody']))
    expect(here()).toBe('nobody')
  })

  test('what a definition and a worker are asked, they are asked in the scope of the worker', async ({
    queue,
    start,
    clock,
  }) => {
    const asked: string[] = []
    const ask = (what: string) => asked.push(`${what}: ${here()}`)
    const job = defineJob({
      name: 'scope.ask',
      retries: 1,
      backoff: { base: 0 },
      input: z.unknown().refine(() => ask('input') > 0),
      output: z.unknown().refine(() => ask('output') > 0),
      classifyError: () => void ask('error'),
      run: (_, ctx) => {
        if (ctx.attempt === 1) throw new Error('once')
      },
    })
    const canProcess = () => ask('canProcess') > 0
    await tenant.run('worker', () => start({ jobs: [job], canProcess }))
    await tenant.run('ada', async () => {
      const handle = await queue.enqueue(job)
      await clock.advance('1s')
      await handle.result()
    })
    const questions = ['canProcess', 'input', 'error', 'canProcess', 'input', 'output']
    expect(asked).toEqual(['input: ada', ...questions.map((what) => `${what}: worker`)])
  })

  test('a time-out, a cancel and a stop reach what a handler listens to in the scope of its worker', async ({
    queue,
    clock,
  }) => {
    const ends: string[] = []
    const waiting = defineJob({
      name: 'scope.wait',
      retries: 0,
      timeout: '1m',
      run: (_, ctx) =>
        new Promise((_, reject) => {
          ctx.signal.addEventListener('abort', () => {
            ends.push(`${ctx.signal.reason.code}: ${here()}`)
            reject(ctx.signal.reason)
          })
        }),
    })
    const worker = tenant.run('worker', () => new Worker(queue, { jobs: [waiting] }))
    await tenant.run('starter', () => worker.start())
    await tenant.run('ada', async () => {
      await queue.enqueue(waiting)
      await clock.advance('1m')
      const cancelled = await queue.enqueue(waiting)
      await clock.advance('1s')
      await cancelled.cancel()
      await clock.advance('5s')
      await queue.enqueue(waiting)
      await clock.advance('1s')
    })
    await tenant.run('stopper', () => worker.stop({ timeout: 0 }))
    expect(ends).toEqual(['timed_out: worker', 'cancelled: worker', 'worker_stopping: worker'])
  })

  test('a listener and a logger hear an event in the scope in which they began to listen', async ({
    open,
    clock,
  }) => {
    const heard = new Set<string>()
    const log = () => void heard.add(`logger: ${here()}`)
    const logger: Logger = { debug: log, info: log, warn: log, error: log }
    const queue = await tenant.run('opener', () => open({ logger }))
    for (const name of ['enqueue', 'claim', 'start', 'complete', 'pause', 'worker_start'] as const)
      tenant.run('listener', () => queue.on(name, () => void heard.add(`${name}: ${here()}`)))
    const worker = tenant.run('worker', () => new Worker(queue, { jobs: [whose] }))
    await tenant.run('ada', async () => {
      await worker.start()
      await (await queue.enqueue(whose)).result()
      await queue.pause('mail')
      await clock.settle()
      await worker.stop()
    })
    const events = ['claim', 'complete', 'enqueue', 'pause', 'start', 'worker_start']
    expect([...heard].sort()).toEqual([...events.map((name) => `${name}: listener`), 'logger: opener'].sort())
  })

  test('whoever waits, watches or subscribes goes on in a scope of his own', async ({ queue, start }) => {
    const { job, runs } = heldJob()
    const changes = tenant.run('reader', () => queue.subscribe({ name: 'test.hold' }))
    const subscribed = tenant.run('reader', async () => {
      for await (const { verb } of changes) if (verb === 'complete') break
      return here()
    })
    const handle = await tenant.run('ada', () => queue.enqueue(job))
    const watched = tenant.run('watcher', async () => {
      for await (const _ of handle.watch()) expect(here()).toBe('watcher')
      return here()
    })
    const waited = tenant.run('waiter', async () => {
      await handle.result()
      return here()
    })
    await tenant.run('worker', () => start({ jobs: [job] }))
    await expect.poll(() => runs.length).toBe(1)
    runs[0]?.end()
    expect(await Promise.all([watched, waited, subscribed])).toEqual(['watcher', 'waiter', 'reader'])
  })

  test('the body of a transaction runs in the scope of whoever opens it', async ({ queue }) => {
    const bodies = TENANTS.map((name) => tenant.run(name, () => queue.transaction(async () => here())))
    expect(await Promise.all(bodies)).toEqual(TENANTS)
  })

  test('a handler is not inside the transaction of another queue in which its worker was woken, started or made', async ({
    queue,
    clock,
  }) => {
    const { job } = heldJob()
    const other = await openQueue('memory:', { clock })
    const intoQueue = defineJob({ name: 'scope.into', run: async () => (await queue.enqueue(job)).id })
    const made = () => new Worker(other, { jobs: [intoQueue] })
    const [woken, started] = [made(), made()]
    await woken.start()
    for (const worker of [() => woken, () => started, made]) {
      const stopped = await queue.transaction(async () => {
        const inside = worker()
        await inside.start()
        const handle = await other.enqueue(intoQueue)
        // By now its handler waits for the end of this transaction, or was refused.
        await expect.poll(async () => (await handle.get()).state).not.toBe('pending')
        return async () => {
          expect(await handle.result()).toMatch(/^[0-9a-f-]{36}$/)
          await inside.stop()
        }
      })
      await stopped()
    }
    await other.close()
  })
})
