import { describe, expect, test } from 'vitest'
import { paintFor, plain } from '../../../src/cli/paint.ts'
import { type Column, tableLines } from '../../../src/cli/table.ts'
import { cutTo, harmless, widthOf } from '../../../src/cli/text-width.ts'
import { oneLine } from '../../../src/kit/visible.ts'

interface Fruit {
  readonly name: string
  readonly count: number
  readonly note: string
}

const COLUMNS: readonly Column<Fruit>[] = [
  { title: 'NAME', text: ({ name }) => name, shrinksTo: 4 },
  { title: 'COUNT', text: ({ count }) => String(count), align: 'right' },
  { title: 'NOTE', text: ({ note }) => note, shrinksTo: 3, style: () => 'red' },
]

const FRUIT: readonly Fruit[] = [
  { name: 'apple', count: 5, note: 'green and sour' },
  { name: 'pomegranate', count: 12_345, note: 'ripe' },
]

const inWidth = (width: number) => tableLines(COLUMNS, FRUIT, { width, paint: plain })

describe('a table', () => {
  test('is as wide as what is in it where there is room', () => {
    expect(inWidth(Number.POSITIVE_INFINITY)).toEqual([
      'NAME         COUNT  NOTE',
      'apple            5  green and sour',
      'pomegranate  12345  ripe',
    ])
  })

  test('cuts the last column that can be cut, then the one before it', () => {
    expect(inWidth(26)).toEqual([
      'NAME         COUNT  NOTE',
      'apple            5  green…',
      'pomegranate  12345  ripe',
    ])
    expect(inWidth(18)).toEqual(['NAME    COUNT  NO…', 'apple       5  gr…', 'pomeg…  12345  ri…'])
  })

  test('never cuts what has to be whole, even where there is no room for it', () => {
    expect(inWidth(1)).toEqual(['NAME  COUNT  NO…', 'app…      5  gr…', 'pom…  12345  ri…'])
  })

  test('is coloured after it was measured', () => {
    const [, line] = tableLines(COLUMNS, FRUIT, {
      width: 26,
      paint: (style, text) => (style ? `<${text}>` : text),
    })
    expect(line).toBe('apple            5  <green…>')
  })
})

describe('the width of a text', () => {
  test.each([
    ['plain', 5],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['✅ ok', 5],
    ['', 0],
  ])('%j is %d columns', (text, width) => expect(widthOf(text)).toBe(width))

  test('what is cut ends in an ellipsis within the width', () => {
    expect([cutTo('abcdef', 6), cutTo('abcdef', 4), cutTo('日本語', 4), cutTo('ab', 0)]).toEqual([
      'abcdef',
      'abc…',
      '日…',
      '',
    ])
  })
})

test('nothing that a job wrote reaches the terminal as a command', () => {
  expect(oneLine('a\u001b[31mred\nline\u0007\u202e')).toBe('a [31mred line ')
  expect(harmless('a\u001b[2J\nb')).toBe('a [2J\nb')
})

test('colours are for a terminal, and not where somebody has asked for none', () => {
  const red = (isTerminal: boolean, env: Record<string, string>) => paintFor(isTerminal, env)('red', 'x')
  expect(red(true, {})).toBe('\u001b[31mx\u001b[39m')
  expect([red(false, {}), red(true, { NO_COLOR: '1' }), red(true, { TERM: 'dumb' })]).toEqual(['x', 'x', 'x'])
})
