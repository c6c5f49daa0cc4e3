import { expect, test } from 'vitest'
import { Bell } from '../../../src/kit/bell.ts'
import { Emitter } from '../../../src/kit/emitter.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import type { MillhandEvents } from '../../../src/telemetry/events.ts'
import type { Engine } from '../../../src/worker/engine.ts'
import { runToIdle } from '../../../src/worker/idle.ts'

/** As much of an idle engine as is asked for, whose store answers `news` of the children that are waited for. */
function idleEngine(news: () => Promise<boolean>) {
  const events = new Emitter<MillhandEvents>()
  const engine = { queue: { events }, changed: new Bell(), idle: true, isQuiet: false, hasNews: news }
  return { events, engine: Object.assign(engine, { startClaims() {} }) as unknown as Engine }
}

test('what is to end does not wait for a store that is away when it is asked for a child', async () => {
  const ending = new AbortController()
  const { engine } = idleEngine(() => {
    queueMicrotask(() => ending.abort())
    return new Promise(() => {})
  })
  let hasEnded = false
  void runToIdle(engine, ending.signal).then(() => {
    hasEnded = true
  })
  await nextTurn()
  expect(hasEnded).toBe(true)
})

test('where the store fails when it is asked for a child that is thrown, and nobody listens any more', async () => {
  const { engine, events } = idleEngine(() => Promise.reject(new Error('away')))
  await expect(runToIdle(engine, new AbortController().signal)).rejects.toThrow('away')
  expect(events.has('loop_error')).toBe(false)
})
