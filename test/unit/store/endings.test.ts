import { expect, test } from 'vitest'
import { deferred } from '../../../src/kit/deferred.ts'
import { Endings } from '../../../src/store/endings.ts'

const CLOSED = new Error('closed')

/** Work that ends when the test says so, and knows whether it was told to. */
function held() {
  const { promise, resolve } = deferred<string>()
  const signals: AbortSignal[] = []
  const work = (signal: AbortSignal) => {
    signals.push(signal)
    signal.addEventListener('abort', () => resolve('aborted'))
    return promise
  }
  return { work, end: () => resolve('ended'), signals }
}

test('what is under way when it closes may end by itself', async () => {
  const endings = new Endings(60_000)
  const { work, end } = held()
  const running = endings.run(undefined, work)
  const closed = endings.close(CLOSED)
  end()
  expect(await running).toBe('ended')
  await closed
})

test('what takes too long is told to end, with the reason', async () => {
  const endings = new Endings(1)
  const { work, signals } = held()
  const running = endings.run(undefined, work)
  await endings.close(CLOSED)
  expect(await running).toBe('aborted')
  expect(signals.map(({ reason }) => reason)).toEqual([CLOSED])
})

test('what comes after that, or whose signal has aborted before, is not begun', async () => {
  const endings = new Endings(1)
  const { work, signals } = held()
  const gone = AbortSignal.abort(new Error('gone'))
  await expect(endings.run(gone, work)).rejects.toThrow('gone')
  await endings.close(CLOSED)
  await expect(endings.run(undefined, work)).rejects.toBe(CLOSED)
  expect(signals).toEqual([])
})
