import { expect, test } from 'vitest'
import { figuresOf } from '../../../bench/contrast.ts'

test('a contrast puts the rate of each way into a ratio to that of the first way of the same system', () => {
  const [millhand, other] = [{ name: 'millhand' }, { name: 'other' }]
  const contestants = [
    { system: millhand, way: 'plain' },
    { system: millhand, way: 'limited' },
    { system: other, way: 'limited' },
    { system: millhand, way: 'keyed' },
  ]
  const figures = figuresOf(contestants, [100, 80, 40, 50])
  expect(figures.map(({ system, metric, value, unit }) => `${system}: ${metric} ${value} ${unit}`)).toEqual([
    'millhand: rate plain 100 jobs/s',
    'millhand: rate limited 80 jobs/s',
    'millhand: limited to plain 0.8 ×',
    'other: rate limited 40 jobs/s',
    'millhand: rate keyed 50 jobs/s',
    'millhand: keyed to plain 0.5 ×',
  ])
})
