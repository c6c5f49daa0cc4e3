import { expect, test } from 'vitest'
import { statement } from '../../../../src/store/postgres/sql.ts'

test('a parameter has one number and its type wherever it is named, and $1 stays the time', () => {
  const { text, values } = statement(
    { seqs: 'bigint[]', low: 'bigint' },
    'select $1, unnest($seqs) where $low < 7 or seq = any($seqs) or $low is null',
  )
  expect(text).toBe(
    'select $1, unnest($2::bigint[]) where $3::bigint < 7 or seq = any($2::bigint[]) or $3::bigint is null',
  )
  expect(values({ low: 1, seqs: [2, 3] })).toEqual([[2, 3], 1])
})
