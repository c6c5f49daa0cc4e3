import { expect, test } from 'vitest'
import { figuresOf } from '../../../bench/contrast.ts'

test('a contrast puts the rate of each way into a ratio to that of the first', () => {
  expect(figuresOf(['alone', 'beside', 'behind'], [100, 80, 50])).toEqual([
    { metric: 'rate alone', value: 100, unit: 'jobs/s' },
    { metric: 'rate beside', value: 80, unit: 'jobs/s' },
    { metric: 'beside to alone', value: 0.8, unit: '×' },
    { metric: 'rate behind', value: 50, unit: 'jobs/s' },
    { metric: 'behind to alone', value: 0.5, unit: '×' },
  ])
})
