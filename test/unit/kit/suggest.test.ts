import fc from 'fast-check'
import { expect, test } from 'vitest'
import { didYouMean, suggest } from '../../../src/kit/suggest.ts'

test('the nearest word is suggested, if it is near enough to be meant', () => {
  const words = ['priority', 'retries', 'timeout', 'tags']
  const typed: [string, string | undefined][] = [
    ['prioritty', 'priority'],
    ['Retrys', 'retries'],
    ['time-out', 'timeout'],
    ['tag', 'tags'],
    ['prio', 'priority'],
    ['tim', 'timeout'],
    ['ti', undefined],
    ['concurrency', undefined],
    ['', undefined],
  ]
  for (const [word, meant] of typed) expect(suggest(word, words), word).toBe(meant)
  expect(suggest('anything', [])).toBeUndefined()
})

test('a message is only longer where there is something to say', () => {
  expect(didYouMean('tgas', ['tags'])).toBe(" Did you mean 'tags'?")
  expect(didYouMean('other', ['tags'])).toBe('')
})

test('a word that is a candidate is its own suggestion', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => {
      const [first = ''] = words
      expect(suggest(first, words)?.toLowerCase()).toBe(first.toLowerCase())
    }),
  )
})
