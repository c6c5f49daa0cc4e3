import { expect, test } from 'vitest'
import { type EnqueueOptions, enqueueFields, parseEnqueue } from '../../../src/job/enqueue-options.ts'

/** Each option, in each of the forms that it takes. */
const GIVEN: { readonly [Option in keyof EnqueueOptions]-?: readonly EnqueueOptions[Option][] } = {
  queue: ['mail'],
  priority: [-5, 0],
  delay: ['1s', 0, 1_500],
  runAt: [new Date(1_000)],
  expiresIn: ['1ms', 5],
  deadline: ['1d'],
  key: ['a'],
  keyScope: ['active', 'forever', '1h', 1],
  onConflict: ['existing', 'debounce'],
  limits: [[], [{ key: 'api', rate: { count: 1, per: '1s' } }]],
  group: ['tenant-a'],
  requires: [[], ['gpu', { version: '>= 2' }]],
  tags: [[], ['a']],
  context: [{ user: 1 }],
  retries: [0],
  timeout: ['1ms'],
  tx: [{}],
}

const cases = Object.entries(GIVEN).flatMap(([option, values]) =>
  values.map((value) => ({ [option]: value })),
)

test.each(cases)('options that were read may be read once more: %j', (given) => {
  const parsed = parseEnqueue('enqueue', given)
  expect(parseEnqueue('enqueue', parsed as EnqueueOptions)).toEqual(parsed)
  expect(Object.keys(parsed)).toEqual(Object.keys(given))
})

test.each(Object.keys(enqueueFields))('an option that is null is left out: %s', (option) => {
  expect(parseEnqueue('enqueue', { [option]: null })).toEqual({})
})
