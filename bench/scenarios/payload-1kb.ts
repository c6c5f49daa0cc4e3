import type { Scenario } from '../scenario.ts'
import { recordCycles } from './whole-cycle.ts'

const BYTES = 1_024

export const payload1kb: Scenario = {
  name: 'payload-1kb',
  about: 'The whole cycle of 100,000 jobs with a payload of 1 KB each.',
  targets: [],
  run: (bench) => recordCycles(bench, { text: 'x'.repeat(BYTES) }),
}
