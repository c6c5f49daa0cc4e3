import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrayLiteral } from '../../../../src/store/postgres/connection/array.ts'
import { postgresPool } from '../../../support/postgres.ts'

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: fc.constantFrom('"', '\\', ',', '{', '}', '\n', '\u0007', 'n', 'NULL', ' ', '🌾') }),
)

/** What the server makes of it. */
async function readBack(elements: readonly (string | null)[]): Promise<unknown> {
  const literal = arrayLiteral(elements)
  const { rows } = await postgresPool().query('select to_json($1::text[])::text as read', [literal])
  return JSON.parse(rows[0].read)
}

test('the server reads an array as it was', async () => {
  const elements = fc.array(fc.option(text.map((each) => each.replaceAll('\0', '').toWellFormed())))
  await fc.assert(
    fc.asyncProperty(elements, async (given) => {
      expect(await readBack(given)).toEqual(given)
    }),
    { numRuns: 200 },
  )
})

test('a text of nothing but quotes, as JSON and as a text of two lines, is read as it was', async () => {
  const quotes = '"\\'.repeat(200_000)
  const given = [JSON.stringify(quotes), `${quotes}\n${quotes}`]
  expect(await readBack(given)).toEqual(given)
})
