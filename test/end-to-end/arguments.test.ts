import { defineJob, JobWorker, type Queue, Worker } from 'millhand'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

type Call = (...given: unknown[]) => Promise<unknown>

/** Calls that the types forbid, as plain JavaScript makes them. */
const WRONG: readonly (readonly [method: keyof Queue, ...given: unknown[]])[] = [
  ['get'],
  ['get', 5],
  ['logs', {}],
  ['explain', {}],
  ['handle', null],
  ['get', echo],
  ['get', echo, 5],
  ['handle', 'test.echo', 'id'],
  ['cancel', { state: 'pending' }],
  ['cancel', [5]],
  ['retry', 5],
  ['transaction'],
  ['on', 'compelte', () => {}],
  ['on', 'complete', 5],
]

describeStores('a call with a wrong argument', (test) => {
  test('is refused with a code, and says what it takes', async ({ queue }) => {
    for (const [method, ...given] of WRONG) {
      const call = async () => (queue[method] as Call).apply(queue, given)
      await expect(call(), `${String(method)}(${given.map(String)})`).rejects.toMatchObject({
        code: 'invalid_option',
      })
    }
    const bare = Reflect.construct(JobWorker, [queue]) as JobWorker
    await expect(bare.start()).rejects.toThrow(/option 'getWorkerName' is undefined, expected a function/)
    await expect(queue.handle('x').result('300ms' as never)).rejects.toMatchObject({ code: 'invalid_option' })
    await expect(queue.handle('x').result({ timout: 1 } as never)).rejects.toThrow(/Did you mean 'timeout'/)
    await expect(new Worker(queue, { jobs: [echo] }).stop({ timout: 1 } as never)).rejects.toThrow(
      /Did you mean 'timeout'/,
    )
  })

  test('a worker whose queue is closed under its feet ends by itself', async ({ open, clock }) => {
    const queue = await open()
    const worker = new Worker(queue, { jobs: [echo] })
    const stopped = Promise.withResolvers<void>()
    queue.on('worker_stop', () => stopped.resolve())
    await worker.start()
    await queue.close()
    await Promise.race([stopped.promise, clock.advance('1m')])
    await stopped.promise
  })
})
