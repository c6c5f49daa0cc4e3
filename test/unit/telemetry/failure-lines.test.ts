import { expect, test } from 'vitest'
import { jobError } from '../../../src/job/errors.ts'
import { Emitter } from '../../../src/kit/emitter.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { TransientError } from '../../../src/store/errors.ts'
import type { MillhandEvents } from '../../../src/telemetry/events.ts'
import { FailureLines } from '../../../src/telemetry/failure-lines.ts'

function listen() {
  const written: string[] = []
  const clock = new VirtualClock()
  const events = new Emitter<MillhandEvents>()
  new FailureLines({ clock, write: (line) => written.push(line) }).listen(events)
  return { written, clock, events }
}

const ended = { id: 'a1', name: 'mail.send', queue: 'default', worker: 'w', attempt: 2, durationMs: 5 }
const failed = { ...ended, kind: 'error', error: new TypeError('no such box\nand a page of it') } as const

test('a failure, a retry, a lost lease and a fault of a loop are a short line each, and the first says how to change that', () => {
  const { written, events } = listen()
  events.emit('fail', failed)
  events.emit('retry', { ...failed, dueInMs: 90_000 })
  events.emit('lease_lost', { worker: 'w', jobs: 3 })
  events.emit('loop_error', { loop: 'claim', error: new Error('the disk is full') })
  events.emit('loop_error', { loop: 'claim', error: new TransientError('nobody is there', { away: true }) })
  events.emit('rescue', { workers: ['w'], rescued: ['a2'], quarantined: ['a3'] })
  events.emit('loop_blocked', { worker: 'w', blockedMs: 130_000, lapsing: true })
  expect(written).toEqual([
    'millhand: attempt 2 of job mail.send a1 failed: TypeError: no such box',
    expect.stringContaining('{ logger: false }'),
    'millhand: attempt 2 of job mail.send a1 failed and runs again in 1m 30s: TypeError: no such box',
    'millhand: worker w lost its lease; its jobs (3) run again',
    "millhand: the loop 'claim' met an error: Error: the disk is full",
    "millhand: the loop 'claim' met an error: nobody is there",
    'millhand: job a3 is quarantined: too many workers crashed in it',
    'millhand: worker w: the event loop was blocked for 2m 10s',
  ])
})

test('a call of a handler that failed unheard is a line, with the job and the call', () => {
  const { written, events } = listen()
  events.emit('call_error', { ...ended, call: 'ctx.enqueue', error: new TypeError('no such box') })
  expect(written[0]).toBe(
    'millhand: attempt 2 of job mail.send a1: ctx.enqueue failed, and the attempt went on: TypeError: no such box',
  )
})

test('a fate that was not returned is a line, with the job and the call', () => {
  const { written, events } = listen()
  const error = jobError('fate_not_returned', { call: 'ctx.skip', how: 'was called' })
  events.emit('call_error', { ...ended, call: 'ctx.skip', error })
  expect(written[0]).toMatch(
    /^millhand: attempt 2 of job mail\.send a1: ctx\.skip came to nothing: MillhandError: ctx\.skip was called: /,
  )
})

test('a cleanup that failed and a tick that was refused are a line each', () => {
  const { written, events } = listen()
  events.emit('cleanup_error', { ...ended, error: new TypeError('no such box') })
  events.emit('tick_refused', { schedule: 'nightly', error: new Error('the queue is full') })
  expect(written.filter((line) => !line.includes('logger'))).toEqual([
    'millhand: the cleanup of attempt 2 of job mail.send a1 failed: TypeError: no such box',
    'millhand: a tick of schedule nightly was refused, and is tried again: Error: the queue is full',
  ])
})

test('what goes well is not written', () => {
  const { written, events } = listen()
  events.emit('complete', { ...ended, outcome: 'done' })
  events.emit('rescue', { workers: ['w'], rescued: ['a2'], quarantined: [] })
  expect(written).toEqual([])
})

test('a million failures are ten lines a second, and how many there were besides', async () => {
  const { written, events, clock } = listen()
  const failMany = (count: number) => {
    for (let index = 0; index < count; index += 1) events.emit('fail', failed)
  }
  failMany(1_200)
  expect(written).toHaveLength(11)
  await clock.advance('1s')
  expect(written.at(-1)).toBe('millhand: 1,190 more lines like these')
  failMany(3)
  expect(written).toHaveLength(15)
})

test('a line has no password, and is short, whatever the error is', () => {
  const { written, events } = listen()
  const error = new Error(`cannot reach postgres://app:secret@db/app ${'x'.repeat(100_000)}`)
  events.emit('fail', { ...failed, name: 'n'.repeat(5_000), error })
  expect(written[0]).not.toContain('secret')
  expect(written[0]?.length).toBeLessThan(500)
})
