import { expect, test } from 'vitest'
import type { Flag } from '../../../src/config/index.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { readStore } from '../../../src/config/store.ts'

const PLACE = { cwd: '/run', folder: '/etc/app' }
const SECRET = 'postgres://ann:secret@db/app'

function read(file: object, env: Record<string, string> = {}, store?: string) {
  const flags: Flag[] = store === undefined ? [] : [{ path: 'store', flag: '--store', text: store }]
  return readStore(readSettings(file, { env, flags }), PLACE)
}

test('a path in the file is relative to the file, one on the command line to where that runs', () => {
  expect(read({ store: 'sqlite:a.db' }).url).toBe('sqlite:/etc/app/a.db')
  expect(read({ store: 'sqlite:a.db' }, {}, 'sqlite:b.db').url).toBe('sqlite:/run/b.db')
})

test('the schema is that of the URL or of queue.schema, and the URL of the store has it in the end', () => {
  const inOption = { store: SECRET, queue: { schema: 'mill' } }
  expect(read(inOption)).toEqual({
    url: `${SECRET}?schema=mill`,
    location: 'postgres://db/app?schema=mill',
    queue: { schema: undefined },
    errors: [],
  })
  expect(read({ store: `${SECRET}?schema=mill` }).url).toBe(`${SECRET}?schema=mill`)
  expect(read({ store: SECRET }).location).toBe('postgres://db/app')
})

test('what is nearer to the command decides on the schema', () => {
  const file = { store: `${SECRET}?schema=url`, queue: { schema: 'option' } }
  expect(read(file, { MILLHAND_QUEUE_SCHEMA: 'env' }).location).toMatch(/schema=env$/)
  expect(read(file, { MILLHAND_QUEUE_SCHEMA: 'env' }, `${SECRET}?schema=flag`).location).toMatch(
    /schema=flag$/,
  )
  expect(read(file, {}, SECRET).location).toMatch(/schema=option$/)
})

test('two schemas that were set in one place contradict each other', () => {
  const message = "is 'option', and the URL of the store says 'url': leave one of them out"
  const file = { store: `${SECRET}?schema=url`, queue: { schema: 'option' } }
  expect(read(file).errors).toEqual([{ path: 'queue.schema', message }])
  expect(read({ ...file, queue: { schema: 'url' } }).errors).toEqual([])
})

test('a schema that is no name is told, with the option that it stands in', () => {
  const message = "the schema is 'my-mill', expected 1 to 50 letters, digits and _, not starting with a digit"
  expect(read({ store: `${SECRET}?schema=my-mill` }).errors).toEqual([{ path: 'store', message }])
  expect(read({ store: SECRET, queue: { schema: 'my-mill' } }).errors).toEqual([
    { path: 'queue.schema', message },
  ])
})

test.each([
  [{ store: 'postgress://ann:secret@db/app' }],
  [{ store: 'ann:secret@db/app' }],
  [{ store: 'host=db password=secret' }],
  [{ store: { url: SECRET } }],
  [{ store: SECRET, queue: { schema: 'my-mill' } }],
])('no password is told: %j', (file) => {
  const settings = readSettings(file, { env: {}, flags: [] })
  const { errors, location } = readStore(settings, PLACE)
  expect(JSON.stringify([settings.errors, errors, location])).not.toContain('secret')
  expect([...settings.errors, ...errors]).toHaveLength(1)
})
