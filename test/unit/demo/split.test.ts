import fc from 'fast-check'
import { expect, test } from 'vitest'
import { countWords, splitPassages } from '../../../examples/demo/split.ts'

function split(text: string, charactersMax: number): string[] {
  return [...splitPassages(text, { charactersMax })]
}

test('a short text is one passage', () => {
  expect(split('One.\n\nTwo.', 100)).toEqual(['One.\n\nTwo.'])
})

test('a text is cut between paragraphs rather than between sentences', () => {
  expect(split('First one. Ends here.\n\nNext. And more. And more.', 30)).toEqual([
    'First one. Ends here.',
    'Next. And more. And more.',
  ])
})

test('a paragraph is cut between sentences rather than between words', () => {
  expect(split('The wheel turns. The miller sleeps until noon.', 30)).toEqual([
    'The wheel turns.',
    'The miller sleeps until noon.',
  ])
})

test('a sentence is cut between words, and a word where the limit falls', () => {
  expect(split('grain and flour', 11)).toEqual(['grain and', 'flour'])
  expect(split('abcdefgh', 3)).toEqual(['abc', 'def', 'gh'])
})

test('a character outside the basic plane is not cut in two', () => {
  expect(split('a🌾🌾', 2)).toEqual(['a', '🌾', '🌾'])
})

const pieces = fc.constantFrom(
  'a',
  'wheel',
  ' ',
  '\n',
  '\n\n',
  '. ',
  '!',
  '🌾',
  '。',
  'e\u0301',
  '-',
  '\u00a0',
  '\ud800',
)
const texts = fc.array(pieces, { maxLength: 200 }).map((parts) => parts.join(''))

test('no passage is empty or too long, and no word is lost', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 50 }), (text, max) => {
      const passages = split(text, max)
      expect(passages.filter((passage) => passage === '' || passage.length > max)).toEqual([])
      expect(passages.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
    }),
  )
})

test.each([
  ['', 0],
  ['  ... --- !!', 0],
  ['The miller’s well-worn wheel turns 22 times.', 7],
  ["don't", 1],
  ['Größe, Ça va? Мельница у реки', 6],
  ['cafe\u0301 au lait', 3],
])('%j has %i words', (text, count) => {
  expect(countWords(text)).toBe(count)
})

test.each([
  '磨坊在河边。水推动轮子。',
  '水車小屋は川のそばにあります',
  'โรงสีอยู่ริมแม่น้ำ',
])('%s is cut into words', (text) => {
  const count = countWords(text)
  expect(count).toBeGreaterThan(2)
  expect(count).toBeLessThan(text.length)
})

test('words are counted over passages of any number', () => {
  expect(countWords('grain and flour. '.repeat(5000))).toBe(15_000)
})
