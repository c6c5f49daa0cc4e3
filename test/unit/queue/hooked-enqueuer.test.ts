import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defineJob, type EnqueueHook } from '../../../src/index.ts'
import { systemClock } from '../../../src/kit/clock.ts'
import { onNextTurn } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { queueOn } from '../../support/queue.ts'

const job = defineJob({ name: 'test.job', run() {} })

/** Turns of the event loop so far. */
let turns = 0
let counts = true

function count(): void {
  turns += 1
  if (counts) onNextTurn(count)
}

beforeEach(() => {
  let elapsedMs = 0
  vi.spyOn(systemClock, 'elapsed').mockImplementation(() => {
    elapsedMs += 10
    return elapsedMs
  })
  counts = true
  count()
})

afterEach(() => {
  counts = false
  vi.restoreAllMocks()
})

/** A queue whose hook notes in which turn each job went in and came out; the one that looks refuses a job without input. */
function watched() {
  const [before, after]: [number[], number[]] = [[], []]
  const clock = new VirtualClock()
  const hook: EnqueueHook = async ({ input }, next) => {
    before.push(turns)
    if (input === null) throw new Error('nothing')
    await next().finally(() => after.push(turns))
  }
  return { before, after, queue: queueOn(openMemoryStore({ clock }), clock, { aroundEnqueue: [hook] }) }
}

test('hooks around many jobs begin and end with turns of the event loop in between', async () => {
  const { before, after, queue } = watched()
  await queue.enqueueMany(job, [1, 2, 3, 4])
  expect(new Set(before).size).toBe(4)
  expect(new Set(after).size).toBe(4)
})

test('so they do where one of them refuses its job', async () => {
  const { before, after, queue } = watched()
  await expect(queue.enqueueMany(job, [1, 2, 3, null])).rejects.toThrow('nothing')
  expect(new Set(before).size).toBe(4)
  expect(new Set(after).size).toBe(3)
})
