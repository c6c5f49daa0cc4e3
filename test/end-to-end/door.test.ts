import { runInNewContext } from 'node:vm'
import { defineJob, isMillhandError, openQueue, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { describeStores } from '../support/stores.ts'

const any = defineJob({ name: 'test.any', run: (input) => input })
const mail = defineJob({
  name: 'mail.send',
  input: z.object({ to: z.string(), copies: z.array(z.object({ to: z.string() })).default([]) }),
  run: () => {},
})

/** The error that a promise is rejected with. */
async function refusal(
  promise: Promise<unknown>,
): Promise<Error & { readonly code?: string; readonly facts?: object }> {
  const error = await promise.then(
    () => new Error('was not refused'),
    (thrown: unknown) => thrown,
  )
  if (!isMillhandError(error)) throw error
  return error
}

describeStores('the door', (test) => {
  test('input that does not fit is refused with the field, and nothing is stored', async ({ queue }) => {
    const error = await refusal(queue.enqueue(mail, { to: 'ada', copies: [{ to: 7 }] } as never))
    expect(error).toMatchObject({ code: 'invalid_input', facts: { name: 'mail.send' } })
    expect(error.message).toMatch(
      /The input of job 'mail.send' does not fit its schema: copies.0.to: .*string/,
    )
    const missing = await refusal(queue.enqueue(mail, ...([] as unknown as [never])))
    expect(missing.message).toMatch(/^No input was given, and job 'mail\.send' needs one\. The input of /)
    expect(await queue.count()).toBe(0)
  })

  test('what is no definition, and a list that is none, is refused; a date of another realm is a date', async ({
    queue,
  }) => {
    for (const job of [null, 5, {}, { name: 'test.any' }, Symbol('odd'), () => {}]) {
      expect(await refusal(queue.enqueue(job as unknown as string, 1))).toMatchObject({
        code: 'invalid_option',
        message: expect.stringContaining("enqueue: option 'job' is "),
      })
    }
    for (const items of [[null], [{ job: 5 }]])
      expect(await refusal(queue.enqueueMany(items as never))).toMatchObject({ code: 'invalid_option' })
    expect(await refusal(queue.enqueueMany(any, 5 as never))).toMatchObject({ code: 'invalid_option' })
    expect(await queue.count()).toBe(0)
    const runAt = runInNewContext('new Date(Date.UTC(2030, 0, 1))')
    const handle = await queue.enqueue(any, 1, { runAt, priority: -0 })
    expect(await handle.get()).toMatchObject({ dueAt: new Date(Date.UTC(2030, 0, 1)), priority: 0 })
  })

  test('a message names the first issues, not a thousand', async ({ queue }) => {
    const input = { to: 'ada', copies: Array.from({ length: 50 }, () => ({ to: 1 })) }
    expect((await refusal(queue.enqueue(mail, input as never))).message).toMatch(
      /copies.4.to: .*; and 45 more\.$/,
    )
  })

  test('a back-off is read once: what its getters give later, or throw, is no matter', () => {
    let reads = 0
    const base = () => {
      reads += 1
      return reads === 1 ? '1s' : 'soon'
    }
    const backoff = Object.defineProperty({}, 'base', { get: base, enumerable: true })
    expect(defineJob({ name: 'test.once', backoff }).retry.backoff).toEqual({ base: '1s' })
    const throwing = {
      get anything() {
        throw new RangeError('boom')
      },
    }
    expect(() => defineJob({ name: 'test.boom', backoff: throwing as never })).toThrow(
      /option 'backoff' is .*expected an object with kind, base, factor, max and jitter/,
    )
  })

  test('a name that nobody knows is refused, with the one that was meant', async ({ open }) => {
    const queue = await open({ jobs: [mail, any] })
    const error = await refusal(queue.enqueue('mail.sned', { to: 'ada' }))
    expect(error).toMatchObject({ code: 'unknown_job', facts: { name: 'mail.sned' } })
    expect(error.message).toMatch(/Did you mean 'mail.send'\? Known here: mail.send, test.any/)
    expect(await refusal(queue.enqueue('quite.different'))).toMatchObject({
      message: expect.not.stringContaining('Did you mean'),
    })
  })

  test('by a known name, the input is checked by its definition', async ({ open }) => {
    const queue = await open({ jobs: [mail] })
    expect(await refusal(queue.enqueue('mail.send', { to: 1 }))).toMatchObject({ code: 'invalid_input' })
    expect(await (await queue.enqueue('mail.send', { to: 'ada' })).get()).toMatchObject({ name: 'mail.send' })
  })

  test('a name that only a live worker knows is taken too', async ({ queue, start, clock }) => {
    await start({ jobs: [any] })
    const handle = await queue.enqueue('test.any', 'by name')
    await clock.settle()
    expect(await handle.result()).toBe('by name')
  })

  const circular: Record<string, unknown> = { a: { b: [] } }
  circular.self = [circular]
  const refused: [string, unknown, RegExp][] = [
    ['a circular value', circular, /a circular reference at \$\.self\[0\]/],
    ['a function', { on: { done: () => {} } }, /a function at \$\.on\.done/],
    ['a BigInt', [1n], /a BigInt \(pass it as a text\) at \$\[0\]/],
    ['NaN', { n: Number.NaN }, /NaN, which JSON has no word for, at \$\.n/],
    ['Infinity', { 'a-b': Number.POSITIVE_INFINITY }, /Infinity.* at \$\["a-b"\]/],
    ['undefined in a list', [1, undefined], /undefined at \$\[1\]/],
    ['a symbol', Symbol('s'), /a symbol at \$/],
    ['a Date', { at: new Date(0) }, /a Date, which would arrive as a text .* at \$\.at/],
    ['a promise', Promise.resolve(1), /a Promise, which has no value yet \(await it first\) at \$/],
    ['a promise in it', { a: [Promise.resolve(1)] }, /a Promise, .* at \$\.a/],
    ['a Map', new Map(), /a Map, which would arrive as a plain object .* at \$/],
    ['a class', { user: new (class User {})() }, /a User.* at \$\.user/],
    ['an error', new Error('no'), /a Error.* at \$/],
    ['typed bytes', Buffer.from('x'), /a Buffer.* at \$/],
  ]
  for (const [what, input, message] of refused) {
    test(`${what} cannot be stored, and the path is named`, async ({ queue }) => {
      const error = await refusal(queue.enqueue(any, input))
      expect(error.code).toBe('not_serialisable')
      expect(error.message).toMatch(message)
    })
  }

  test('nesting deeper than anybody means is refused', async ({ queue }) => {
    let deep: unknown = 0
    for (let level = 0; level < 5_000; level += 1) deep = { deep }
    expect((await refusal(queue.enqueue(any, deep))).message).toMatch(/nesting deeper than 200 levels/)
  })

  test('what JSON would keep is kept: an optional property may be undefined', async ({ queue }) => {
    const input = { a: undefined, b: null, c: [{ d: 'é\u2028\u{1F600}' }], e: -0.5, f: '' }
    const handle = await queue.enqueue(any, input)
    await runUntilIdle(queue, { jobs: [any] })
    expect(await handle.result()).toEqual({ b: null, c: [{ d: 'é\u2028\u{1F600}' }], e: -0.5, f: '' })
  })

  test('odd values come out of the store, and of the handler, as they went in', async ({ queue }) => {
    const input = { zero: -0, small: 5e-324, half: '\ud83d' }
    Object.defineProperty(input, '__proto__', { value: { a: 1 }, enumerable: true })
    const handle = await queue.enqueue(any, input)
    expect((await handle.get()).input).toEqual(input)
    await runUntilIdle(queue, { jobs: [any] })
    expect(await handle.result()).toEqual(input)
  })

  test('a symbol as a key is refused, and nothing is stored', async ({ queue }) => {
    const error = await refusal(queue.enqueue(any, { user: { [Symbol('id')]: 7 } }))
    expect(error).toMatchObject({ code: 'not_serialisable', facts: { path: '$.user["[Symbol(id)]"]' } })
    expect(await queue.count()).toBe(0)
  })

  test('a payload over the limit is refused, with its largest part', async ({ queue }) => {
    const input = { meta: 'x', pages: ['small', 'é'.repeat(600_000)] }
    const error = await refusal(queue.enqueue(any, input))
    expect(error).toMatchObject({
      code: 'payload_too_large',
      facts: { limitBytes: 1_048_576, path: '$.pages[1]' },
    })
    expect(error.message).toMatch(/input of job 'test.any' is 12000\d\d bytes as JSON/)
    expect(await refusal(queue.enqueue(any, 'x'.repeat(1_048_575)))).toMatchObject({ facts: { path: '$' } })
    await queue.enqueue(any, 'x'.repeat(1_048_574))
  })

  test('a full queue refuses, the others do not, also side by side', async ({ open }) => {
    const queue = await open({ pendingMax: 3 })
    await queue.enqueueMany(any, [1, 2])
    expect(await refusal(queue.enqueueMany(any, [3, 4]))).toMatchObject({
      code: 'queue_full',
      facts: { queue: 'default', limit: 3 },
    })
    expect(await queue.count()).toBe(2)
    const results = await Promise.allSettled([
      queue.enqueue(any, 3),
      queue.enqueue(any, 4),
      queue.enqueue(any, 5, { queue: 'roomy' }),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    await runUntilIdle(queue, { jobs: [any] })
    await queue.enqueue(any, 6)
  })

  test('a worker that would claim nothing is refused', ({ queue }) => {
    for (const options of [{}, { jobs: [] }, { queues: ['mail'] }])
      expect(() => new Worker(queue, options)).toThrow(expect.objectContaining({ code: 'no_jobs' }))
    for (const options of [{ fallback() {} }, { unknownJobs: 'fail' as const }])
      expect(() => new Worker(queue, options)).not.toThrow()
  })

  test('names of queues and jobs have letters, digits and a few signs', async ({ queue }) => {
    const good = ['a', 'A-b_c.d:e/f', '9', 'x'.repeat(128)]
    for (const name of good)
      expect((await (await queue.enqueue(any, 1, { queue: name })).get()).queue).toBe(name)
    const bad = ['', ' ', 'a b', '-a', 'a\n', "a'; drop table jobs --", 'größe', '🐎', 'x'.repeat(129), 7]
    for (const name of bad) {
      const error = await refusal(queue.enqueue(any, 1, { queue: name as string }))
      expect(['invalid_name', 'invalid_option'], String(name)).toContain(error.code)
      expect(() => defineJob({ name: name as string })).toThrow(
        /job name .* is not valid: expected 1 to 128 letters/,
      )
      if (name !== '' && name !== 7) {
        expect((await refusal(queue.pause(name as string))).code).toBe('invalid_name')
      }
    }
  })

  test('keys and tags may be any text that can be printed', async ({ queue }) => {
    const odd = ["a'b; --", 'größe 🐎', '%_\\', '["x"]', 'null']
    for (const label of odd) {
      const handle = await queue.enqueue(any, label, { key: label, tags: [label] })
      expect((await queue.enqueue(any, label, { key: label })).id).toBe(handle.id)
      expect((await queue.list({ key: label })).map(({ id }) => id)).toEqual([handle.id])
      expect((await queue.list({ tag: label })).map(({ id }) => id)).toEqual([handle.id])
    }
    const refusals = [{ key: 'a\u0000b' }, { key: '\ud800' }, { key: 'k'.repeat(513) }, { tags: [''] }]
    for (const options of refusals) {
      expect((await refusal(queue.enqueue(any, 1, options))).code).toBe('invalid_name')
    }
    const many = Array.from({ length: 21 }, (_, index) => `t${index}`)
    expect((await refusal(queue.enqueue(any, 1, { tags: many }))).message).toMatch(/at most 20 texts/)
  })

  test('an option that does not exist or has the wrong type is refused', async ({ queue }) => {
    const options: [object, RegExp][] = [
      [{ prioritty: 1 }, /enqueue has no option 'prioritty'. Did you mean 'priority'\?/],
      [{ priority: 1.5 }, /'priority' is 1.5, expected a whole number from -1000000 to 1000000/],
      [{ delay: '5 minutes' }, /'delay' is '5 minutes', expected a duration such as/],
      [{ runAt: new Date('never') }, /'runAt' is .*, expected a valid Date/],
      [{ runAt: '2030-01-01' }, /'2030-01-01', expected a valid Date, such as new Date\('2030-/],
      [{ retries: -1 }, /'retries' is -1, expected a whole number from 0 to 1000/],
      [{ context: { at: new Date(0) } }, /context cannot be stored as JSON: a Date.* at \$\.at/],
    ]
    for (const [given, message] of options) {
      expect((await refusal(queue.enqueue(any, 1, given))).message).toMatch(message)
    }
  })

  test('two definitions of one name cannot be opened together', async ({ url }) => {
    const twin = defineJob({ name: 'mail.send', run: () => {} })
    expect(await refusal(openQueue(url, { jobs: [mail, twin] }))).toMatchObject({
      code: 'duplicate_definition',
    })
  })

  test('a closed queue refuses everything, whoever waits is told, and streams end', async ({
    queue,
    clock,
  }) => {
    const handle = await queue.enqueue(any, 1)
    const waiting = refusal(handle.result())
    const changes = handle.watch()
    await changes.next()
    const watched = changes.next()
    const seen: unknown[] = []
    const subscribed = (async () => {
      for await (const change of queue.subscribe()) seen.push(change)
      return 'ended'
    })()
    await clock.settle()
    await queue.close()
    await queue.close()
    expect((await waiting).code).toBe('store_closed')
    expect(await watched).toEqual({ value: undefined, done: true })
    expect(await subscribed).toBe('ended')
    const calls = [
      () => queue.enqueue(any, 2),
      () => queue.get(handle.id),
      () => queue.list(),
      () => queue.cancel(handle.id),
      () => queue.stats(),
      () => handle.result(),
      () => queue.transaction(() => {}),
    ]
    for (const call of calls) expect((await refusal(call())).code).toBe('store_closed')
    expect(() => queue.subscribe()).toThrow(/is closed/)
    expect(() => handle.watch()).toThrow(/is closed/)
  })
})
