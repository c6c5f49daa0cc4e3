import { expect, test } from 'vitest'
import { defineJob } from '../../../src/job/definition.ts'
import { DEFINITION_OR_NAME, requireSpec } from '../../../src/job/specs.ts'

const mail = defineJob({ name: 'mail.send', retries: 5 })

test('a definition that is spread from another one is checked, and its handler keeps what it has changed', () => {
  const hasty = { ...mail, timeoutMs: 1_000 }
  expect(hasty.handle(() => 1)).toMatchObject({ name: 'mail.send', retries: 5, timeoutMs: 1_000 })
  expect(requireSpec('enqueue', hasty)).toMatchObject({ retries: 5, timeoutMs: 1_000 })
  expect(() =>
    requireSpec('enqueue', Object.freeze(Object.create(mail, { retries: { value: Number.NaN } }))),
  ).toThrow(/expected/)
  for (const wrong of [{ retries: Number.NaN }, { name: 'a b' }, { queue: '' }, { timeoutMs: Number.NaN }])
    expect(() => requireSpec('enqueue', { ...mail, ...wrong })).toThrow(/not valid|expected/)
})

test('a definition that throws when it is read, and a handler that is none, are refused', () => {
  const odd = Object.defineProperty({ ...mail }, 'timeoutMs', {
    get() {
      throw new Error('do not ask')
    },
  })
  expect(() => requireSpec('enqueue', odd)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
  expect(() => mail.handle(5 as never)).toThrow(expect.objectContaining({ code: 'invalid_option' }))
})

test('what defineJob gave is used as it is', () => expect(requireSpec('enqueue', mail)).toBe(mail))

test('what takes no name of a job does not say that it does, and what takes one says so', () => {
  const refused = (given: unknown, expected?: string) => () =>
    requireSpec('ctx.invoke', given as never, expected)
  expect(refused('i.leaf')).toThrow(
    /option 'job' is 'i\.leaf', expected a job definition\. Pass what defineJob gave/,
  )
  expect(refused(5, DEFINITION_OR_NAME)).toThrow(/expected a job definition, or the name of a job\./)
})
