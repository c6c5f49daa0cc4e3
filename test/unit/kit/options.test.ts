import { runInNewContext } from 'node:vm'
import { expect, expectTypeOf, test } from 'vitest'
import { byNameField } from '../../../src/kit/by-name.ts'
import { date } from '../../../src/kit/date.ts'
import {
  choice,
  custom,
  duration,
  type Field,
  type FieldsOf,
  flag,
  integer,
  isFunction,
  orNull,
  type Parsed,
  parseOptions,
  text,
  texts,
} from '../../../src/kit/options.ts'

const fields = {
  size: integer({ default: 10, min: 1, max: 99 }),
  limit: integer(),
  wait: duration({ default: '5s', min: 10 }),
  mode: choice({ of: ['fast', 'safe'], default: 'safe' }),
  verbose: flag({ default: false }),
  name: text(),
  tags: texts(),
  call: custom<() => void>({ expected: 'a function', accepts: isFunction }),
}

const parse = (given: object) => parseOptions('mill', fields, given)

test('what is missing gets its fallback, or stays away', () => {
  expect(parse({})).toEqual({ size: 10, wait: 5_000, mode: 'safe', verbose: false })
  expect(parse({ size: undefined, name: undefined })).toEqual(parse({}))
})

test('what is given is read', () => {
  const call = () => {}
  const given = {
    size: 3,
    limit: 0,
    wait: '2m',
    mode: 'fast',
    verbose: true,
    name: 'a',
    tags: ['b'],
    call,
  } as const
  expect(parse(given)).toEqual({ ...given, wait: 120_000 })
})

test('a name that does not exist is refused, with the one that was meant', () => {
  expect(() => parse({ verbos: true })).toThrow(
    "mill has no option 'verbos'. Did you mean 'verbose'? It takes: size, limit, wait, mode, verbose, name, tags, call.",
  )
  expect(() => parse({ toString: 1 })).toThrow(/has no option 'toString'/)
  expect(() => parse({ colour: undefined })).toThrow(/has no option 'colour'/)
})

test('a value of the wrong type or out of its range is refused, with what was expected', () => {
  const wrong: [object, string][] = [
    [{ size: 0 }, "mill: option 'size' is 0, expected a whole number from 1 to 99."],
    [{ size: '7' }, "mill: option 'size' is '7', expected a whole number from 1 to 99."],
    [{ limit: 1.5 }, "mill: option 'limit' is 1.5, expected a whole number of at least 0."],
    [{ wait: '9ms' }, "mill: option 'wait' is '9ms', expected a duration such as"],
    [{ mode: 'slow' }, "mill: option 'mode' is 'slow', expected one of 'fast', 'safe'."],
    [{ verbose: 1 }, "mill: option 'verbose' is 1, expected true or false."],
    [{ name: '' }, "mill: option 'name' is '', expected a text that is not empty."],
    [{ tags: ['a', 1] }, 'mill: option \'tags\' is ["a",1], expected a list of texts.'],
    [{ call: {} }, "mill: option 'call' is {}, expected a function."],
  ]
  for (const [given, message] of wrong) expect(() => parse(given)).toThrow(message)
})

test('a value that cannot be shown does not break the message', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular
  expect(() => parse({ name: circular })).toThrow('\'name\' is {"self":"[circular]"}, expected a text')
  expect(() => parse({ name: 7n })).toThrow(/'name' is 7n, expected/)
  expect(() => parse({ name: 'a\nb', size: 'x'.repeat(500) })).toThrow(/'size' is 'x{70,}…, expected/)
  expect(() => parse({ size: 'a\nb' })).toThrow("'size' is 'a\\nb', expected")
})

test('the types say what may be given, and what the code gets', () => {
  expectTypeOf<Parsed<typeof fields>['wait']>().toEqualTypeOf<number>()
  expectTypeOf<Parsed<typeof fields>['limit']>().toEqualTypeOf<number | undefined>()
})

test('a table and its interface have the same options, of the same types', () => {
  const table = { size: integer({ default: 1 }), mode: choice({ of: ['fast', 'safe'] }) }
  type Table = typeof table
  expectTypeOf<Table['size']>().toExtend<Field<number, number>>()
  expectTypeOf<Table>().toExtend<FieldsOf<{ size?: number; mode?: 'fast' | 'safe' }>>()
  // One that the table lacks, fewer words than the table takes, and more of them.
  expectTypeOf<Table>().not.toExtend<FieldsOf<{ size?: number; mode?: 'fast' | 'safe'; name?: string }>>()
  expectTypeOf<Table>().not.toExtend<FieldsOf<{ size?: number; mode?: 'fast' }>>()
  expectTypeOf<Table>().not.toExtend<FieldsOf<{ size?: number; mode?: string }>>()
  // One that the interface lacks is refused by `satisfies`, as in any other literal.
  expectTypeOf<keyof FieldsOf<{ size?: number }>>().toEqualTypeOf<'size'>()
})

test('what cannot be read is refused as any other value is', () => {
  const boom = (): never => {
    throw new RangeError('boom')
  }
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  const invalid = (message: RegExp) =>
    expect.objectContaining({ code: 'invalid_option', message: expect.stringMatching(message) })
  const refusals: [object, RegExp][] = [
    [null as never, /mill: option 'options' is null, expected an object with any of these: size, /],
    [5 as never, /option 'options' is 5/],
    [proxy, /option 'options' is "\[cannot be read\]"/],
    [{ size: { [Symbol.toPrimitive]: boom } }, /option 'size' is {}/],
    [{ tags: proxy }, /option 'tags' is "\[cannot be read\]", expected a list of texts/],
    [{ tags: new Array(2 ** 32 - 1) }, /option 'tags' is \[null,null/],
    [
      Object.defineProperty({}, 'name', { get: boom }),
      /option 'name' is something that throws when it is read, expected a text/,
    ],
  ]
  for (const [given, message] of refusals) expect(() => parse(given)).toThrow(invalid(message))
  expect(() => parse({ ['x'.repeat(10_000_000)]: 1 })).toThrow(/has no option 'x{79}…\. It takes/)
})

test('a list is read once, and a date may be of another realm', () => {
  const tags = ['a']
  const table = { tags: texts(), at: date() }
  const parsed = parseOptions('mill', table, { tags, at: runInNewContext('new Date(5)') })
  tags.push(5 as never)
  expect(parsed.tags).toEqual(['a'])
  expect(parsed.at).toBeInstanceOf(Date)
  expect(parsed.at?.getTime()).toBe(5)
  const lying = Object.assign(new Date(5), { getTime: () => Number.NaN })
  expect(parseOptions('mill', table, { at: lying }).at?.getTime()).toBe(5)
  for (const at of [new Date(Number.NaN), 5, '2026-01-01', new Proxy(new Date(), {})])
    expect(() => parseOptions('mill', table, { at })).toThrow(/expected a valid Date/)
})

test('lists by their names are read once, and what throws in one refuses the option', () => {
  const table = { roles: byNameField<readonly string[]>('lists of names') }
  const media = ['video.*']
  const parsed = parseOptions('mill', table, { roles: { media } })
  media.push(5 as never)
  expect(parsed.roles).toEqual({ media: ['video.*'] })
  const boom = Object.defineProperty(['a'], 0, {
    get: () => {
      throw new RangeError('boom')
    },
  })
  expect(() => parseOptions('mill', table, { roles: { media: boom } })).toThrow(/expected lists of names/)
})

test('minus zero is zero, which is what a database keeps', () => {
  expect(Object.is(parse({ limit: -0 }).limit, 0)).toBe(true)
})

test('null is a value of an option that says so, and leaves any other one out', () => {
  const table = { lifted: orNull(integer({ min: 1 })), plain: integer() }
  expect(parseOptions('mill', table, { lifted: null, plain: null })).toEqual({ lifted: null })
  expect(parseOptions('mill', table, { lifted: undefined })).toEqual({})
  expect(() => parseOptions('mill', table, { lifted: 0 })).toThrow("option 'lifted' is 0")
})

test('a duration that has limits is refused with both of them', () => {
  const refusal = (field: ReturnType<typeof duration>) => () =>
    parseOptions('mill', { aging: field }, { aging: '31d' })
  expect(refusal(duration({ min: 1, max: 30 * 86_400_000 }))).toThrow(/, of at least 1ms and at most 30d\./)
  expect(refusal(duration({ max: 60_000 }))).toThrow(/milliseconds, of at most 1m\./)
})
