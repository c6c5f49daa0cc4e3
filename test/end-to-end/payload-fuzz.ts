import fc from 'fast-check'
import { defineJob, isMillhandError, type Queue, Worker } from 'millhand'
import { expect } from 'vitest'
import { hostileValues } from '../support/hostile-values.ts'
import { anyCharacter } from '../support/texts.ts'

const odd = fc.constantFrom(...Object.values(hostileValues))
const plain = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  fc.jsonValue({ maxDepth: 2, stringUnit: 'binary' }),
  fc.anything({
    ...{ withBigInt: true, withBoxedValues: true, withDate: true, withMap: true, withNullPrototype: true },
    ...{ withSet: true, withSparseArray: true, withTypedArray: true },
  }),
)

/** Most values can be shown; of those that cannot, a new one is made in each case. */
const anyPayload = fc.oneof(
  { weight: 6, arbitrary: plain.map((value) => () => value) },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: odd.map((make) => () => ({ list: [1, make()] })) },
)

const TEXTS = [
  '\0',
  '\ud800',
  '\u001b]0;x\u0007',
  '__proto__',
  'ü',
  '𝄞',
  '‮',
  ' ',
  '%s',
  "'; drop table",
  '"',
  '\\',
]
const anyText = fc.oneof(fc.string({ unit: anyCharacter, maxLength: 300 }), fc.constantFrom(...TEXTS))

/** What a handler is given, and what it is to give back. */
const echo = defineJob({
  name: 'test.echo',
  retries: 0,
  async run(input, ctx) {
    await ctx.checkpoint(input)
    return input
  },
})

export interface Counts {
  accepted: number
  refused: number
}

/**
 * Sends so many payloads through a queue: what is accepted comes to the handler, and back from it, as it was; what is
 * not is refused with a code, and nothing of it is stored.
 */
export async function fuzzPayloads(queue: Queue, cases: number): Promise<Counts> {
  const counts = { accepted: 0, refused: 0 }
  const case_ = fc.record({
    make: anyPayload,
    key: anyText,
    tags: fc.array(anyText, { maxLength: 2 }),
    context: anyPayload,
  })
  await fc.assert(
    fc.asyncProperty(case_, async ({ make, key, tags, context }) => {
      const input = make()
      const before = await queue.count()
      const given = { key, tags, context: { of: context() } } as never
      const job = await queue.enqueue(echo, input, given).catch(requireCode)
      if (job)
        await requireSame(queue, job.id, {
          input,
          key,
          tags,
          context: (given as { context: object }).context,
        })
      expect(await queue.count()).toBe(before + (job ? 1 : 0))
      if (job) counts.accepted += 1
      else counts.refused += 1
    }),
    { numRuns: cases },
  )
  return counts
}

interface Given {
  readonly input: unknown
  readonly key: string
  readonly tags: readonly string[]
  readonly context: object
}

async function requireSame(queue: Queue, id: string, { input, key, tags, context }: Given): Promise<void> {
  await new Worker(queue, { jobs: [echo] }).runUntilIdle()
  const job = await queue.get(id)
  const value = input === undefined ? null : input
  expect(job).toMatchObject({ state: 'complete', key, tags })
  expect(job?.context).toEqual(context)
  expect(job?.input).toEqual(value)
  expect(job?.checkpoint).toEqual(value)
  expect(job?.state === 'complete' && job.output).toEqual(value)
}

function requireCode(error: unknown): undefined {
  if (!isMillhandError(error)) throw error
  expect(error.code).toMatch(/^[a-z_]+$/)
  expect(error.message.length).toBeLessThan(2_000)
}
