import { expect, test } from 'vitest'
import type { DefinedLimit, Limit } from '../../../src/job/limit.ts'
import { type Deferred, deferred } from '../../../src/kit/deferred.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import { DeclaredLimits } from '../../../src/queue/declared-limits.ts'
import type { ConfiguredQueue } from '../../../src/store/queues.ts'

/** Limits on a store that answers when it is told to. */
function slowly({ inside = false, configured = [] as readonly ConfiguredQueue[] } = {}) {
  const writes: { readonly limits: readonly Limit[]; readonly answer: Deferred<void> }[] = []
  const errors: unknown[] = []
  const store = {
    insideTransaction: () => inside,
    queues: { configured: async () => configured },
    limits: {
      declare(limits: readonly Limit[]) {
        const answer = deferred<void>()
        writes.push({ limits, answer })
        return answer.promise
      },
    },
  }
  const declared = new DeclaredLimits(store as never, (error) => errors.push(error))
  return { declared, writes, errors }
}

const api = (concurrency: number, name = 'api'): DefinedLimit => ({
  ...{ limit: { name, concurrency, rateCount: null, ratePerMs: null }, key: name, cost: 1 },
})

test('first jobs that come together write their limit once, and all wait for it', async () => {
  const { declared, writes } = slowly()
  const waits = [
    declared.declare([api(1)]),
    declared.declare([api(1), api(1, 'mail')]),
    declared.declare([api(1)]),
  ]
  await nextTurn()
  expect(writes.map(({ limits }) => limits.map(({ name }) => name))).toEqual([['api'], ['mail']])
  let isWritten = false
  const all = Promise.all(waits).then(() => (isWritten = true))
  writes[1]?.answer.resolve()
  await writes[1]?.answer.promise
  expect(isWritten).toBe(false)
  writes[0]?.answer.resolve()
  await all
  expect(declared.declare([api(1), api(1, 'mail')])).toBeUndefined()
  expect(writes).toHaveLength(2)
})

test('a limit that lets something else pass is no other one that is on its way', async () => {
  const { declared, writes } = slowly()
  const waits = [declared.declare([api(1)]), declared.declare([api(2)])]
  await nextTurn()
  expect(writes.map(({ limits }) => limits[0]?.concurrency)).toEqual([1, 2])
  for (const { answer } of writes) answer.resolve()
  await Promise.all(waits)
})

test('where a write is refused, all that wait for it hear of it, and the next one writes again', async () => {
  const { declared, writes } = slowly()
  const waits = [declared.declare([api(1)]), declared.declare([api(1)])]
  await nextTurn()
  writes[0]?.answer.reject(new Error('no disk'))
  expect(await Promise.allSettled(waits)).toMatchObject([
    { reason: { message: 'no disk' } },
    { reason: { message: 'no disk' } },
  ])
  const again = declared.declare([api(1)])
  await nextTurn()
  expect(writes).toHaveLength(2)
  writes[1]?.answer.resolve()
  await again
})

test('inside a transaction nobody waits, a burst is one write, and its failure is told', async () => {
  const { declared, writes, errors } = slowly({ inside: true })
  expect([declared.declare([api(1)]), declared.declare([api(1)])]).toEqual([undefined, undefined])
  await nextTurn()
  expect(writes).toHaveLength(1)
  const written = declared.written()
  writes[0]?.answer.reject(new Error('no disk'))
  await written
  expect(errors).toEqual([new Error('no disk'), new Error('no disk')])
})

test('what is set for a queue stays when a definition says otherwise, and that is told once', async () => {
  const limits = [{ key: 'api', concurrency: 2 }]
  const { declared, writes, errors } = slowly({ configured: [{ queue: 'mail', settings: { limits } }] })
  await declared.declare([api(5)])
  expect(declared.declare([api(5)])).toBeUndefined()
  expect(writes).toEqual([])
  expect(errors).toMatchObject([
    { code: 'conflicting_limits', facts: { jobs: ["queue 'mail'", 'a definition or a call'] } },
  ])
})
