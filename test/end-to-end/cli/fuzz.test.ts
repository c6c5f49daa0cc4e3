import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandLines, ENDINGS, VALUED } from './command-lines.ts'
import { fuzzCommandLines } from './fuzz.ts'

const CASES = 60

test('whatever stands on a command line, it ends with a documented code, says why, and loses nothing', async () => {
  const { accepted, refused } = await fuzzCommandLines(CASES)
  expect(accepted + refused).toBe(CASES)
})

test('a command that never ends by itself is told to, whatever else is', () => {
  const endless = fc
    .sample(commandLines(['0190']), 20_000)
    .filter(([word = '']) => Object.hasOwn(ENDINGS, word))
  const swallowed = endless.filter((words) => {
    const ending = ENDINGS[words[0] ?? ''] ?? []
    expect(words.slice(-ending.length)).toEqual(ending)
    return VALUED.includes(words.at(-ending.length - 1) ?? '')
  })
  expect(endless.length).toBeGreaterThan(100)
  expect(swallowed).toEqual([])
})
