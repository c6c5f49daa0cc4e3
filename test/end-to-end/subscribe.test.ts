import { defineJob, type JobChange } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

/** Reads in the background; what it has seen so far. */
function reading<Value>(values: AsyncIterable<Value>) {
  const seen: Value[] = []
  const ended = (async () => {
    for await (const value of values) seen.push(value)
  })()
  return { seen, ended }
}

const stepsOf = (changes: readonly JobChange[]) => changes.map(({ verb, state }) => `${verb} ${state}`)

describeStores('subscribe', (test) => {
  test('sees every change of a job, in order', async ({ queue, start, clock }) => {
    const changes = queue.subscribe()
    const { seen, ended } = reading(changes)
    const { job, run } = heldJob({ backoff: { base: '1s', jitter: 0 } })
    const handle = await queue.enqueue(job, 1, { queue: 'mail' })
    await start({ jobs: [job], progressInterval: 0 })
    run().ctx.progress(0.5)
    await clock.advance(0)
    await run().ctx.checkpoint({ at: 1 })
    run().fail(new Error('once'))
    await clock.advance('1s')
    run(1).end(run(1).ctx.snooze('1s'))
    await clock.advance('1s')
    run(2).end('done')
    await clock.advance('1s')
    await changes.return?.()
    await ended
    expect(stepsOf(seen)).toEqual([
      ...['enqueue pending', 'claim running', 'progress running', 'checkpoint running', 'retry pending'],
      ...['claim running', 'snooze pending', 'claim running', 'complete complete'],
    ])
    expect(seen[2]).toEqual({
      ...{ id: handle.id, name: 'test.hold', queue: 'mail', verb: 'progress', state: 'running' },
      ...{ at: expect.any(Date), progress: { fraction: 0.5 } },
    })
    expect(seen.map(({ at }) => at.getTime())).toEqual(seen.map(({ at }) => at.getTime()).sort())
  })

  test('sees what operators and maintenance do', async ({ queue, start, clock }) => {
    const { seen } = reading(queue.subscribe())
    const { job } = heldJob()
    const cancelled = await queue.enqueue(job)
    await cancelled.cancel()
    await queue.retry(cancelled.id)
    await cancelled.cancel()
    await queue.enqueue(job, null, { expiresIn: '1s' })
    await clock.advance('1s')
    await start({ jobs: [job] })
    await queue.enqueue(job)
    await clock.settle()
    clock.jump(11_000)
    await start({ jobs: [job] })
    await clock.advance('1s')
    expect(stepsOf(seen)).toEqual([
      ...['enqueue pending', 'cancel cancelled', 'retry pending', 'cancel cancelled', 'enqueue pending'],
      ...['expire failed', 'enqueue pending', 'claim running', 'rescue pending', 'claim running'],
    ])
  })

  test('filters by job, name and queue', async ({ queue, clock }) => {
    const other = defineJob({ name: 'test.other', run: () => {} })
    const all = {
      echo: reading(queue.subscribe({ name: 'test.echo' })),
      mail: reading(queue.subscribe({ queue: 'mail' })),
    }
    const first = await queue.enqueue(echo, 1)
    const one = reading(queue.subscribe({ id: first.id }))
    await queue.enqueue(other, null, { queue: 'mail' })
    await runUntilIdle(queue, { jobs: [echo, other] })
    await clock.advance('1s')
    expect(stepsOf(all.echo.seen)).toEqual(['enqueue pending', 'claim running', 'complete complete'])
    expect(stepsOf(all.mail.seen)).toEqual(['enqueue pending', 'claim running', 'complete complete'])
    expect(stepsOf(one.seen)).toEqual(['claim running', 'complete complete'])
  })

  test('ends with its signal, with break, and with the queue', async ({ queue, clock }) => {
    const stop = new AbortController()
    const bySignal = reading(queue.subscribe({ signal: stop.signal }))
    const byBreak = (async () => {
      for await (const change of queue.subscribe()) return change.verb
      return 'nothing'
    })()
    const byQueue = reading(queue.subscribe())
    // A server is asked for a subscription on another connection than it is sent the job on.
    await clock.settle()
    await queue.enqueue(echo, 1)
    await clock.settle()
    stop.abort()
    await bySignal.ended
    expect(await byBreak).toBe('enqueue')
    await queue.enqueue(echo, 2)
    await clock.settle()
    await queue.close()
    await byQueue.ended
    expect([bySignal.seen.length, byQueue.seen.length]).toEqual([1, 2])
    const aborted = AbortSignal.abort()
    expect(() => queue.subscribe({ signal: aborted })).toThrow(/is closed/)
  })

  test('a slow reader gets the newest, up to its capacity', async ({ queue, clock }) => {
    const changes = queue.subscribe({ capacity: 3 })
    await queue.enqueueMany(echo, [1, 2, 3, 4, 5])
    const last = await queue.enqueue(echo, 6)
    await clock.advance('1s')
    const seen: string[] = []
    for await (const change of changes) {
      seen.push(change.id)
      if (seen.length === 3) break
    }
    expect(seen.at(-1)).toBe(last.id)
    expect(() => queue.subscribe({ capcity: 1 } as never)).toThrow(/Did you mean 'capacity'/)
  })
})

describeSqlite('subscribe', (test) => {
  test('sees what another process does', async ({ open, queue, clock }) => {
    const elsewhere = await open()
    const { seen } = reading(queue.subscribe())
    await elsewhere.enqueue(echo, 1)
    await runUntilIdle(elsewhere, { jobs: [echo] })
    await clock.advance('1s')
    expect(stepsOf(seen)).toEqual(['enqueue pending', 'claim running', 'complete complete'])
  })
})

describeStores('a handle', (test) => {
  test('watch gives the job now, then at each change, until it is settled', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    const seen: unknown[] = []
    const watching = (async () => {
      for await (const each of handle.watch()) seen.push([each.state, each.progress?.fraction])
    })()
    await clock.settle()
    await start({ jobs: [job], progressInterval: 0 })
    for (const fraction of [0.25, 0.75]) {
      run().ctx.progress(fraction)
      await clock.advance(0)
    }
    run().end()
    await watching
    expect(seen).toEqual([
      ['pending', undefined],
      ['running', undefined],
      ['running', 0.25],
      ['running', 0.75],
      ['complete', 0.75],
    ])
  })

  test('watch of a settled job gives it and ends; of none, it throws', async ({ queue }) => {
    const handle = await queue.enqueue(echo, 7)
    await runUntilIdle(queue, { jobs: [echo] })
    const { seen, ended } = reading(handle.watch())
    await ended
    expect(seen.map(({ state }) => state)).toEqual(['complete'])
    await expect(queue.handle('nobody').watch().next()).rejects.toMatchObject({ code: 'job_not_found' })
    const aborted = reading(handle.watch({ signal: AbortSignal.abort() }))
    await aborted.ended
    expect(aborted.seen).toEqual([])
  })

  test('result waits: for its end, for a time, or for a signal', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    const inTime = handle.result({ timeout: '1m' })
    const tooLong = expect(handle.result({ timeout: '5s' })).rejects.toMatchObject({
      code: 'result_timeout',
      facts: { id: handle.id, timeoutMs: 5_000, state: 'pending' },
    })
    const stop = new AbortController()
    const stopped = expect(handle.result({ signal: stop.signal })).rejects.toThrow('not interested')
    await expect(handle.result({ timeout: 'soon' as never })).rejects.toMatchObject({
      code: 'invalid_option',
    })
    await expect(handle.result({ signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    await clock.advance('5s')
    stop.abort(new Error('not interested'))
    await Promise.all([tooLong, stopped])
    await start({ jobs: [job] })
    run().end('done')
    expect(await inTime).toBe('done')
    await expect(queue.handle('nobody').result()).rejects.toMatchObject({ code: 'job_not_found' })
  })

  test('a handle of an id is as good as the one that enqueue gave', async ({ queue }) => {
    const { id } = await queue.enqueue(echo, 'x')
    const handle = queue.handle<string>(id)
    expect([handle.id, handle.existed]).toEqual([id, false])
    await runUntilIdle(queue, { jobs: [echo] })
    expect(await handle.result()).toBe('x')
    await expect(queue.handle('nobody').get()).rejects.toMatchObject({ code: 'job_not_found' })
    expect(await queue.get('nobody')).toBeNull()
    expect(await queue.handle('nobody').cancel()).toBe(false)
  })
})
