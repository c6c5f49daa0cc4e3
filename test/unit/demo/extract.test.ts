import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Extracted, extractText } from '../../../examples/demo/extract.ts'
import { temporaryFolder } from './folder.ts'

const documents = join(import.meta.dirname, '../../../examples/demo/documents')

async function extractFrom(name: string, content: string | Uint8Array): Promise<Extracted> {
  const folder = await temporaryFolder()
  const path = join(folder, name)
  await writeFile(path, content)
  return extractText(path)
}

test('a Markdown document loses its markup and is titled by its first heading', async () => {
  const markdown =
    '# The *old* mill\n\nSee [the weir](weir.md) and `snake_case`.\n\n- one\n- two\n\n```sh\nrun it\n```\n'
  expect(await extractFrom('mill.md', markdown)).toEqual({
    kind: 'text',
    title: 'The old mill',
    text: 'The old mill\n\nSee the weir and snake_case.\n\none\ntwo\n\nrun it',
  })
})

test('front matter titles a Markdown document and is not part of its text', async () => {
  const extracted = await extractFrom(
    'a.md',
    '---\ntags: [x]\ntitle: "Stones: two kinds"\n---\nHard and soft.\n',
  )
  expect(extracted).toEqual({ kind: 'text', title: 'Stones: two kinds', text: 'Hard and soft.' })
})

test('an HTML page gives what its reader sees', async () => {
  const html = `<!doctype html><title>Oak &amp; elm</title><style>p { color: red }</style>
    <h1>Wood</h1><p>Oak
    carries.<p>Elm is <b>under</b>water: 5&nbsp;&lt;&nbsp;6&#33;<script>hidden('</p>')</script><!-- hidden -->`
  expect(await extractFrom('wood.html', html)).toEqual({
    kind: 'text',
    title: 'Oak & elm',
    text: 'Wood\n\nOak carries.\n\nElm is underwater: 5 < 6!',
  })
})

test('a page without an extension is recognised by its start', async () => {
  expect(await extractFrom('page', '\n<!DOCTYPE html><p>one</p><p>two</p>')).toMatchObject({
    text: 'one\n\ntwo',
  })
})

test('a PDF gives the text of all its pages and the title of its metadata', async () => {
  const extracted = await extractText(join(documents, 'papers/millers-handbook.pdf'))
  expect(extracted).toMatchObject({ kind: 'text', title: "The miller's handbook" })
  expect(extracted).toHaveProperty(
    'text',
    expect.stringMatching(/Before starting[\s\S]*Once a year[\s\S]*handbook/),
  )
})

test('source code and unknown extensions are plain text, titled by the name of the file', async () => {
  const extracted = await extractFrom('wheel.zig', 'const turns = 12;\n\treturn turns;\n')
  expect(extracted).toEqual({ kind: 'text', title: 'wheel.zig', text: 'const turns = 12;\nreturn turns;' })
})

test.each([
  ['Latin-1', Buffer.from('Mühle am Fluß', 'latin1'), 'Mühle am Fluß'],
  ['windows-1252', Buffer.from([0x93, 0x35, 0x80, 0x94]), '“5€”'],
  ['UTF-8 with a mark', Buffer.from('\ufeffMühle'), 'Mühle'],
  ['UTF-16, little end first', Buffer.from('\ufeff磨坊 mill', 'utf16le'), '磨坊 mill'],
  ['UTF-16, big end first', Buffer.from('\ufeff磨坊 mill', 'utf16le').swap16(), '磨坊 mill'],
  [
    'UTF-8 with a broken byte',
    Buffer.concat([Buffer.from('größer ist schöner '), Buffer.of(0xff)]),
    'größer ist schöner \ufffd',
  ],
])('%s is decoded', async (_, bytes, text) => {
  expect(await extractFrom('words.txt', bytes)).toMatchObject({ kind: 'text', text })
})

test('a page that names its encoding is decoded in it', async () => {
  const japanese = Buffer.concat([
    Buffer.from('<html><meta charset="shift_jis"><p>'),
    Buffer.from([0x90, 0x85, 0x8e, 0xd4]),
  ])
  expect(await extractFrom('page.html', japanese)).toMatchObject({ text: '水車' })
})

test('an encoding that nobody knows is ignored', async () => {
  expect(await extractFrom('page.html', '<meta charset="klingon"><p>größer')).toMatchObject({
    text: 'größer',
  })
})

test('no control character and no lone surrogate is left in a text or a title', async () => {
  const extracted = await extractFrom(
    'a.html',
    '<title>a&#27;[2J</title><p>\x1b]0;x\x07b\x9bc&#xd800;\u0002</p>',
  )
  expect(extracted).toEqual({ kind: 'text', title: 'a [2J', text: ']0;x b c\ufffd' })
})

test('a letter and its accent become one character, wherever they stand', async () => {
  const decomposed = `${'x'.repeat(256 * 1024 - 1)}u\u0308 Cafe\u0301`
  expect(await extractFrom('a.txt', decomposed)).toMatchObject({ text: expect.stringMatching(/xü Café$/) })
})

/** Every document that ships with the demo and is not plain text in the end. */
const expectedTroubles: Readonly<Record<string, Extracted>> = {
  'a-picture-of-a-page.pdf': { kind: 'skip', reason: 'no text on its pages (scanned pictures?)' },
  'blank.md': { kind: 'skip', reason: 'empty' },
  'corrupt.pdf': { kind: 'failure', reason: 'a corrupt PDF: Invalid PDF structure' },
  'cut-off.pdf': { kind: 'failure', reason: 'a corrupt PDF: Invalid PDF structure' },
  'empty.txt': { kind: 'skip', reason: 'empty' },
  'encrypted.pdf': { kind: 'failure', reason: 'an encrypted PDF: it opens with a password only' },
  'not-a-pdf.pdf': { kind: 'failure', reason: 'a corrupt PDF: Invalid PDF structure' },
  'only-a-script.html': { kind: 'skip', reason: 'no text on the page' },
  'seal.bin': { kind: 'skip', reason: 'binary' },
  'wheel.png': { kind: 'skip', reason: 'binary' },
}

test('every document that ships with the demo is text, or the trouble that it is there for', async () => {
  const troubles: Record<string, Extracted> = {}
  for (const entry of await readdir(documents, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const extracted = await extractText(join(entry.parentPath, entry.name))
    if (extracted.kind !== 'text') troubles[entry.name] = extracted
  }
  expect(troubles).toEqual(expectedTroubles)
})
