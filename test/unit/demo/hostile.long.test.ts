import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decode } from '../../../examples/demo/extract/encoding.ts'
import { textOfHtml } from '../../../examples/demo/extract/html.ts'
import { textOfMarkdown } from '../../../examples/demo/extract/markdown.ts'
import { textOfPdf } from '../../../examples/demo/extract/pdf.ts'
import { type RawText, tidyText } from '../../../examples/demo/extract/raw-text.ts'
import { extractText } from '../../../examples/demo/extract.ts'
import { countWords, splitPassages } from '../../../examples/demo/split.ts'
import { temporaryFolder } from './folder.ts'

const paper = join(import.meta.dirname, '../../../examples/demo/documents/papers/dust.pdf')

/** Each is four million characters in which a pattern that looks twice at what it has seen would need hours. */
const LENGTH = 4_000_000
const plain = (text: string): RawText => ({ kind: 'raw', title: '', text })
const longInputs: [string, (input: string) => RawText, string][] = [
  ['a single word', plain, 'a'.repeat(LENGTH)],
  ['spaces', plain, `${' '.repeat(LENGTH)}x`],
  ['blank lines', plain, `${' \n'.repeat(LENGTH / 2)}x`],
  ['ears of grain', plain, '🌾'.repeat(LENGTH / 2)],
  ['a single line of Markdown', textOfMarkdown, '*the* wheel '.repeat(LENGTH / 12)],
  ['brackets', textOfMarkdown, '['.repeat(LENGTH)],
  ['open links', textOfMarkdown, '[a]('.repeat(LENGTH / 4)],
  ['stars', textOfMarkdown, `a${'*'.repeat(LENGTH)}b`],
  ['an empty heading', textOfMarkdown, `#${' '.repeat(LENGTH)}b`],
  ['dashes', textOfMarkdown, `${'-'.repeat(LENGTH)}x`],
  ['a single line of HTML', textOfHtml, 'the <b>wheel</b> '.repeat(LENGTH / 17)],
  ['open tags', textOfHtml, '<a'.repeat(LENGTH / 2)],
  ['signs of and', textOfHtml, '&'.repeat(LENGTH)],
]

test.each(longInputs)('four million characters, %s, end in a second or two', (_, read, input) => {
  const raw = read(input)
  const text = tidyText(raw.kind === 'raw' ? raw.text : '')
  let length = 0
  for (const passage of splitPassages(text)) length += passage.length
  expect(length).toBeLessThanOrEqual(text.length)
  expect(countWords(text)).toBeLessThanOrEqual(length)
})

test('a file with one line of ten megabytes is extracted and split', async () => {
  const path = join(await temporaryFolder(), 'line.txt')
  await writeFile(path, 'the wheel '.repeat(1_000_000))
  const extracted = await extractText(path)
  const text = extracted.kind === 'text' ? extracted.text : ''
  expect([...splitPassages(text)]).toHaveLength(10_000)
  expect(countWords(text)).toBe(2_000_000)
})

test('elements nested a million deep are only text', () => {
  const html = `${'<div>'.repeat(1_000_000)}grain${'</p>'.repeat(1_000_000)}`
  expect(textOfHtml(html)).toMatchObject({ kind: 'raw', text: expect.stringContaining('grain') })
})

test('random bytes under any name are text, a skip or a failure', async () => {
  const folder = await temporaryFolder()
  const names = fc.constantFrom('a.txt', 'a.md', 'a.html', 'a.pdf', 'a')
  await fc.assert(
    fc.asyncProperty(names, fc.uint8Array({ maxLength: 3000 }), async (name, bytes) => {
      await writeFile(join(folder, name), bytes)
      const extracted = await extractText(join(folder, name))
      if (extracted.kind === 'text') expect(extracted.text).toMatch(/^[\P{Cc}\n]+$/u)
      const line = extracted.kind === 'text' ? extracted.title : extracted.reason
      expect(line).toMatch(/^\P{Cc}{1,300}$/u)
    }),
    { numRuns: 300 },
  )
})

test('any bytes decode to text', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => decode(bytes).length <= bytes.length))
})

test('a PDF that was cut or damaged anywhere is text or a failure', async () => {
  const whole = new Uint8Array(await readFile(paper))
  const damage = fc.record({
    length: fc.nat(whole.length),
    changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 }),
  })
  await fc.assert(
    fc.asyncProperty(damage, async ({ length, changes }) => {
      const bytes = whole.slice(0, changes.length > 5 ? undefined : length)
      for (const [position, byte] of changes) bytes[position] = byte
      const result = await textOfPdf(bytes)
      expect(['raw', 'failure']).toContain(result.kind)
    }),
    { numRuns: 300 },
  )
})

test('a PDF is left half way when the signal aborts', async () => {
  const stop = new AbortController()
  const reading = textOfPdf(new Uint8Array(await readFile(paper)), stop.signal)
  stop.abort(new Error('stop'))
  await expect(reading).rejects.toThrow('stop')
})
