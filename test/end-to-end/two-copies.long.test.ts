import { runInNewContext } from 'node:vm'
import { defineJob, Fatal, isMillhandError, MillhandError, RetryAfter, Skip, Snooze, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { describe, expect, test } from 'vitest'
import { copyOfPackage } from '../support/copy.ts'
import { describeStores } from '../support/stores.ts'

const other = await copyOfPackage()
const later = await copyOfPackage('9.9.9')

/** Whose worker runs the jobs, and whose words their handlers use. */
const SIDES = [
  ['a worker of the other copy', { worker: other.Worker, words: { Fatal, RetryAfter, Skip, Snooze } }],
  ['handlers of the other copy', { worker: Worker, words: other }],
] as const

for (const [who, { worker, words }] of SIDES) {
  describeStores(`two copies of the package in one process: ${who}`, (test) => {
    const endings: Record<string, () => unknown> = {
      fatal: () => {
        throw new words.Fatal('no retry can help')
      },
      later: () => {
        throw new words.RetryAfter('1h')
      },
      snooze: () => new words.Snooze('1h'),
      skip: () => new words.Skip('done already'),
      fine: () => 'fine',
    }
    const run = (input: unknown) => endings[String(input)]?.()

    test('what a handler throws or returns decides its fate', async ({ queue, clock }) => {
      const define = words === other ? other.defineJob : defineJob
      const job = define({ name: 'copies.end', run: run as () => never })
      const handles = await queue.enqueueMany(job, Object.keys(endings))
      const running = new worker(queue as never, { jobs: [job as never] })
      await running.runUntilIdle()
      const jobs = await Promise.all(handles.map((handle) => handle.get()))
      const inAnHour = new Date(clock.now() + 3_600_000)
      expect(jobs).toMatchObject([
        { state: 'failed', attempt: 1 },
        { state: 'pending', attempt: 1, dueAt: inAnHour },
        { state: 'pending', attempt: 0, dueAt: inAnHour },
        { state: 'complete', outcome: 'skipped', reason: 'done already' },
        { state: 'complete', output: 'fine' },
      ])
    })

    test('a worker claims, beats and stops, and its test kit moves the clock', async ({ queue, clock }) => {
      const job = defineJob({ name: 'copies.run', run })
      const running = new worker(queue as never, { jobs: [job as never] })
      await running.start()
      const handle = await queue.enqueue(job, 'fine')
      expect(await handle.result()).toBe('fine')
      await clock.advance('1m')
      expect(await queue.workers()).toHaveLength(1)
      await running.stop()
      const idle = worker === other.Worker ? other.runUntilIdle : runUntilIdle
      const delayed = await queue.enqueue(job, 'fine', { delay: '1h' })
      expect(await idle(queue as never, { jobs: [job as never] })).toBe(1)
      expect((await delayed.get()).state).toBe('complete')
    })
  })
}

describe('two copies of the package in one process', () => {
  const raised = () => other.defineJob({ name: '' })

  test('an error of the one is an error of the other', () => {
    expect(raised).toThrow(MillhandError)
    const error = (() => {
      try {
        return raised()
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(MillhandError)
    expect([isMillhandError(error, 'invalid_name'), isMillhandError(error, 'queue_full')]).toEqual([
      true,
      false,
    ])
    class Own extends MillhandError {}
    expect(error).not.toBeInstanceOf(Own)
    expect(new Own('own', 'an error', { facts: {} })).toBeInstanceOf(Own)
    expect(new Error('plain')).not.toBeInstanceOf(MillhandError)
  })

  test('a policy that names the error class of the one applies to errors of the other', async () => {
    const { queue } = await other.openTestQueue()
    const job = defineJob({ name: 'copies.stop', stopOn: [MillhandError], run: () => void raised() })
    const handle = await queue.enqueue(job as unknown as Parameters<typeof queue.enqueue>[0])
    await other.runUntilIdle(queue, { jobs: [job as never] })
    expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 1 })
    await queue.close()
  })

  test('a queue of another version is refused, with both versions', async () => {
    const { queue } = await later.openTestQueue()
    const refused = () => new Worker(queue as never, { jobs: [] })
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'foreign_queue',
        facts: { component: 'Worker', version: '9.9.9', own: '0.1.0' },
      }),
    )
    expect(refused).toThrow(
      /another copy of Millhand, of version 9\.9\.9; this one is 0\.1\.0.*npm ls millhand/,
    )
    await expect(runUntilIdle(queue as never, { jobs: [] })).rejects.toMatchObject({ code: 'foreign_queue' })
    await queue.close()
  })

  test('what is no queue at all is said to be none, however odd it is', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    for (const odd of [undefined, null, 'memory:', {}, proxy]) {
      expect(() => new Worker(odd as never, { jobs: [] })).toThrow(
        expect.objectContaining({
          code: 'invalid_option',
          facts: expect.objectContaining({ option: 'queue' }),
        }),
      )
    }
  })

  test('an error, a promise and a signal of another realm are what they are', async () => {
    const { queue } = await other.openTestQueue()
    const foreign = (code: string) => runInNewContext(code)
    const job = defineJob({
      name: 'copies.realm',
      retries: 0,
      input: { '~standard': { version: 1, vendor: 'test', validate: foreign('async () => ({ value: 1 })') } },
      run: (input) => {
        throw foreign(`new RangeError('odd ${input}')`)
      },
    })
    const handle = await queue.enqueue(job as unknown as Parameters<typeof queue.enqueue>[0])
    await other.runUntilIdle(queue, { jobs: [job as never] })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { message: 'odd 1' } })
    const signal = {
      aborted: true,
      addEventListener() {},
      removeEventListener() {},
    } as unknown as AbortSignal
    for await (const _ of queue.subscribe({ signal })) throw new Error('it was aborted before it began')
    await queue.close()
  })
})
