import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDocuments, totals } from '../../../examples/demo/library/documents.ts'
import type { Library } from '../../../examples/demo/library/library.ts'
import { MATCH_END, MATCH_START } from '../../../examples/demo/library/search-index.ts'
import { add, libraries } from './libraries.ts'

const HARMLESS = [
  '"',
  '""',
  '"wheel',
  "'; drop table passages; --",
  'wheel OR',
  'NOT wheel',
  'AND',
  'NEAR(wheel',
  'NEAR(wheel stone, 5)',
  'path:wheel',
  'wheel*',
  'wheel:*',
  'wheel & !stone | (',
  '*',
  '^wheel',
  '-wheel',
  '{text} : wheel',
  '(',
  'wheel + ',
  'wheel\0"',
  '\ud800',
  '𞤀 new script',
  '?1 :a @b $c',
]

/** NUL, halves of surrogate pairs and whatever else fits into a string. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 })
  .map((units) => String.fromCharCode(...units))

async function found({ index }: Library, words: string): Promise<string[]> {
  return (await index.search(words)).map(({ path }) => path)
}

/** A snippet as a person sees it. */
async function shown({ index }: Library, words: string): Promise<string | undefined> {
  const [best] = await index.search(words)
  return best?.snippet.replaceAll(MATCH_START, '[').replaceAll(MATCH_END, ']')
}

describe.each(libraries)('on %s', (_, emptyLibrary) => {
  test('a search finds the passage that has all the words, and marks them', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'The wheel turns.', 'The stones are lifted at night.')
    await add(library, 'b', 'The wheel stands still at night.')
    expect(await library.index.search('night stones')).toEqual([
      {
        path: 'a',
        title: 'About a',
        position: 1,
        snippet: `The ${MATCH_START}stones${MATCH_END} are lifted at ${MATCH_START}night${MATCH_END}.`,
        score: expect.any(Number),
      },
    ])
  })

  test('the better document comes first, each document once, at most as many as asked for', async () => {
    const library = await emptyLibrary()
    await add(library, 'weak', `Wheel. ${'Other words. '.repeat(50)}`)
    await add(library, 'strong', 'Wheel, wheel, wheel.', 'The wheel again.')
    expect(await found(library, 'wheel')).toEqual(['strong', 'weak'])
    expect(await library.index.search('wheel', 1)).toHaveLength(1)
    expect(await library.index.search('wheel', 0)).toEqual([])
  })

  test('a long passage is cut around the match, with its own letters and signs', async () => {
    const library = await emptyLibrary()
    const before = 'Drei Räder drehen sich, sagt man. '.repeat(10)
    await add(library, 'a', `${before}Die größte Mühle – „am Café“ – steht.\n${before}`)
    const snippet = (await shown(library, 'cafe muhle')) ?? ''
    expect(snippet).toMatch(/^….*Die größte \[Mühle\] – „am \[Café\]“ – steht\. .*…$/)
    expect(snippet.split(' ').length).toBeLessThan(35)
  })

  test('case, accents and English endings do not matter', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'Drei Mühlen am Café; milling')
    for (const words of ['MUHLEN', 'mühlen', 'cafe', 'mills'])
      expect(await found(library, words)).toEqual(['a'])
  })

  test('what is written together is found by its parts, in their order', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'see src/mill-race.ts, <b>or</b> https://weir.example/gates?open=1, in 2025')
    for (const words of ['race', 'mill-race', 'src/mill', 'weir', 'open', 'b', '2025']) {
      expect(await found(library, words), words).toEqual(['a'])
    }
    expect(await found(library, 'race-mill')).toEqual([])
  })

  test('letters of any script are words', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'Мельница у реки, 磨坊, 방앗간, चक्की')
    for (const words of ['мельница', '磨坊', '방앗간', 'चक्की'])
      expect(await found(library, words)).toEqual(['a'])
  })

  test.each(HARMLESS)('%j is a harmless query', async (words) => {
    const library = await emptyLibrary()
    await add(library, 'a', 'The wheel turns.')
    await library.index.search(words)
    expect((await totals(library)).documents).toBe(1)
  })

  test('so is one that is as long as a book', async () => {
    const library = await emptyLibrary()
    for (const words of ['x ', 'x', '磨', '𞤀', 'mill/']) {
      expect(await library.index.search(words.repeat(10_000))).toEqual([])
    }
  })

  test('whatever is typed is no syntax error', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'The wheel turns.')
    const pieces = fc.constantFrom(...`"'*()!&|<>:\\^-+\0é `, 'AND', 'or', 'NEAR', 'wheel')
    const typed = fc.oneof(
      anyText,
      fc.array(pieces).map((parts) => parts.join('')),
    )
    await fc.assert(
      fc.asyncProperty(typed, async (words) => Array.isArray(await library.index.search(words))),
    )
  })

  test('whatever a document holds can be stored, found and shown', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'the wheel\0turns \ud800 and \udc00 turns', '\u0001\ufffe\uffff 🌾\u0301')
    expect(await shown(library, 'wheel')).toMatch(/^the \[wheel\]/)
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        await add(library, 'b', `${text} sluice ${text}`)
        expect(await found(library, 'sluice')).toContain('b')
      }),
      { numRuns: 50 },
    )
  })

  test('operators are words to look for', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'stop and go')
    expect(await found(library, 'stop AND go')).toEqual(['a'])
    expect(await found(library, 'stop OR nothing')).toEqual([])
    expect(await found(library, 'stop -go')).toEqual(['a'])
  })

  test('the totals count documents, passages and words', async () => {
    const library = await emptyLibrary()
    expect(await totals(library)).toEqual({ documents: 0, passages: 0, words: 0 })
    await add(library, 'a', 'one', 'two')
    await add(library, 'b')
    expect(await totals(library)).toEqual({ documents: 2, passages: 2, words: 20 })
  })

  test('a document of thousands of passages keeps their order', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', ...Array.from({ length: 1_201 }, (_, number) => `passage number${number}`))
    expect((await library.index.search('number1200'))[0]?.position).toBe(1_200)
  })

  test('a library that exists is opened as it is', async () => {
    const library = await emptyLibrary()
    await add(library, 'a', 'one')
    await createDocuments(library)
    expect((await totals(library)).documents).toBe(1)
  })
})
