import { expect, test } from 'vitest'
import { minuteOf, readHistogram } from '../../../src/job/ledger.ts'

test('a minute begins where it does on a clock', () => {
  const minute = Date.UTC(2026, 4, 1, 12, 30)
  expect([minute, minute + 59_999, minute + 60_000].map(minuteOf)).toEqual([minute, minute, minute + 60_000])
})

test('of a histogram that somebody has edited, what can be read is read', () => {
  expect(readHistogram('{"3":2,"x":1,"4":"5","99999":1}')).toEqual({ 3: 2 })
  for (const text of ['', 'null', '[', '7']) expect(readHistogram(text)).toEqual({})
})
