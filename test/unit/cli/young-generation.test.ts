import { getHeapSpaceStatistics } from 'node:v8'
import { expect, test } from 'vitest'
import { limitYoungGeneration } from '../../../src/cli/young-generation.ts'
import { Emitter } from '../../../src/kit/emitter.ts'
import type { MillhandEvents } from '../../../src/telemetry/events.ts'

const MIB = 1024 * 1024

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0
}

test('the young generation stops growing at 32 MiB, whatever survives in it', () => {
  const events = new Emitter<MillhandEvents>()
  limitYoungGeneration(events)
  const held: object[][] = []
  let mostBytes = 0
  for (let round = 0; round < 400; round += 1) {
    held[round % 20] = Array.from({ length: 5_000 }, (_, number) => ({ number, round, text: `${number}` }))
    events.emit('claim', { worker: 'mill', count: 1, durationMs: 1 })
    mostBytes = Math.max(mostBytes, youngBytes())
  }
  expect(mostBytes).toBeLessThanOrEqual(32 * MIB)
})
