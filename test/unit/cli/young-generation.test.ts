import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const source = (path: string) => new URL(`../../../src/${path}`, import.meta.url)

/** A limit is for a process as a whole, and one that has grown already stays as it is. */
const PROGRAM = `
import { getHeapSpaceStatistics } from 'node:v8'
import { limitYoungGeneration } from '${source('cli/young-generation.ts')}'
import { Emitter } from '${source('kit/emitter.ts')}'

const youngBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size
const events = new Emitter()
limitYoungGeneration(events)
const held = []
let mostBytes = 0
for (let round = 0; round < 400; round += 1) {
  held[round % 20] = Array.from({ length: 5_000 }, (_, number) => ({ number, round, text: String(number) }))
  events.emit('claim', { worker: 'mill', count: 1, durationMs: 1 })
  mostBytes = Math.max(mostBytes, youngBytes())
}
process.stdout.write(String(mostBytes / 2 ** 20))
`

test('the young generation stops growing at 32 MiB, whatever survives in it', () => {
  const given = ['--input-type=module', '--eval', PROGRAM]
  const mostMib = Number(execFileSync(process.execPath, given, { encoding: 'utf8' }))
  expect(mostMib).toBeGreaterThan(0)
  expect(mostMib).toBeLessThanOrEqual(32)
})
