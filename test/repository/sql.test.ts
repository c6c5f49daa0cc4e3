import { expect, test } from 'vitest'
import { filesLike } from './reading/files.ts'
import { parse, placeOf, type SyntaxNode, walk } from './reading/syntax.ts'

/** What has more lines is written in parts, each with a name. */
const LINES_MAX = 40

/** Whoever reads a statement keeps so many values in mind; more have names: see `statement` in sql.ts. */
const NUMBERED_MAX = 4

/** Texts of SQL as they are written; a migration is a page of them. */
const TEXTS = filesLike(/^src\/store\/(?!.*\/migrations\/).*\.ts$/).flatMap((file) => {
  const found: { readonly place: string; readonly text: string }[] = []
  walk(parse(file).body, (node: SyntaxNode) => {
    const text = file.text.slice(node.start, node.end)
    if (node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string'))
      found.push({ place: placeOf(file, node), text })
  })
  return found
})

test('no text of SQL is longer than its cap', () => {
  const long = TEXTS.filter(({ text }) => text.split('\n').length > LINES_MAX)
  expect(long.map(({ place }) => place)).toEqual([])
})

test('where a statement has many parameters, they have names', () => {
  const numbersIn = (text: string) => [...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number))
  const numbered = TEXTS.filter(({ text }) => numbersIn(text).some((number) => number > NUMBERED_MAX))
  expect(numbered.map(({ place }) => place)).toEqual([])
})
