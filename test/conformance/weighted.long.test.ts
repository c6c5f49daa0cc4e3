import { describe } from 'vitest'
import { memory, postgres, sqlite } from './openings.ts'
import { testOf } from './store-test.ts'
import { weightedStarts } from './weighted.ts'

/** As many as tell a small slip from chance. */
const COUNTS = [
  { starts: 2_000, limit: 1 },
  { starts: 20_000, limit: 100 },
]

describe.each([
  ['memory', memory],
  ['sqlite', sqlite],
  ['postgres', postgres],
] as const)('a weighted queue on %s', (_, open) => weightedStarts(testOf({ open }), COUNTS))
