import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Coalescer } from '../../../src/kit/coalesce.ts'
import { nextTurn } from '../../../src/kit/turn.ts'

/** A coalescer whose flushes the test ends, each in its own time. */
function held(groupMax = 100) {
  const flushes: { readonly items: number[]; readonly end: (results: (string | Error)[]) => void }[] = []
  const coalescer = new Coalescer<number, string>((items) => {
    const { promise, resolve } = Promise.withResolvers<(string | Error)[]>()
    flushes.push({ items, end: resolve })
    return promise
  }, groupMax)
  return { coalescer, flushes }
}

test('calls made side by side go together, and each gets its own result', async () => {
  const { coalescer, flushes } = held()
  const results = Promise.all([1, 2, 3].map((item) => coalescer.add(item)))
  await nextTurn()
  expect(flushes.map(({ items }) => items)).toEqual([[1, 2, 3]])
  flushes[0]?.end(['one', 'two', 'three'])
  expect(await results).toEqual(['one', 'two', 'three'])
})

test('what arrives during a flush forms the next one', async () => {
  const { coalescer, flushes } = held()
  const first = coalescer.add(1)
  await nextTurn()
  const later = Promise.all([2, 3].map((item) => coalescer.add(item)))
  await nextTurn()
  expect(coalescer.waiting).toBe(2)
  expect(flushes).toHaveLength(1)
  flushes[0]?.end(['one'])
  await first
  await nextTurn()
  await nextTurn()
  expect(flushes[1]?.items).toEqual([2, 3])
  flushes[1]?.end(['two', 'three'])
  expect(await later).toEqual(['two', 'three'])
  expect(coalescer.waiting).toBe(0)
})

test('no flush takes more than its most', async () => {
  const sizes: number[] = []
  const coalescer = new Coalescer<number, number>(async (items) => {
    sizes.push(items.length)
    return items
  }, 10)
  await Promise.all(Array.from({ length: 25 }, (_, item) => coalescer.add(item)))
  expect(sizes).toEqual([10, 10, 5])
})

test('no flush comes to more than its most, but one item goes however large it is', async () => {
  const groups: number[][] = []
  const coalescer = new Coalescer<number, number>(
    async (items) => {
      groups.push(items)
      return items
    },
    ...([100, { sizeOf: (size: number) => size, sizeMax: 10 }] as const),
  )
  const results = Promise.all([4, 6, 1, 50, 9, 1, 1].map((size) => coalescer.add(size)))
  expect(coalescer.size).toBe(72)
  expect(await results).toEqual([4, 6, 1, 50, 9, 1, 1])
  expect(groups).toEqual([[4, 6], [1], [50], [9, 1], [1]])
  expect(coalescer.size).toBe(0)
})

test('enough items do not wait for the next turn, only for what promises still bring', async () => {
  const sizes: number[] = []
  const flush = async (items: number[]) => {
    sizes.push(items.length)
    return items
  }
  const coalescer = new Coalescer<number, number>(flush, 100, { enough: 3 })
  const addLater = Promise.resolve().then(() => coalescer.add(4))
  const few = Promise.all([1, 2].map((item) => coalescer.add(item)))
  let turned = false
  const turn = nextTurn().then(() => {
    turned = true
  })
  await Promise.all([few, coalescer.add(3), addLater])
  expect(sizes).toEqual([4])
  expect(turned).toBe(false)
  await turn
  expect(sizes).toEqual([4])
})

test('an error among the results is that item’s alone', async () => {
  const coalescer = new Coalescer<number, number>(
    async (items) => items.map((item) => (item === 2 ? new Error('not 2') : item)),
    10,
  )
  const results = await Promise.allSettled([1, 2, 3].map((item) => coalescer.add(item)))
  expect(results.map((each) => (each.status === 'fulfilled' ? each.value : String(each.reason)))).toEqual([
    ...[1, 'Error: not 2', 3],
  ])
})

test('a flush that fails fails its group, and the next goes on', async () => {
  let broken = true
  const coalescer = new Coalescer<number, number>(async (items) => {
    if (broken) throw new Error('away')
    return items
  }, 10)
  const failed = await Promise.allSettled([coalescer.add(1), coalescer.add(2)])
  expect(failed.every(({ status }) => status === 'rejected')).toBe(true)
  broken = false
  expect(await coalescer.add(3)).toBe(3)
})

test('whoever adds while results are handed out is not forgotten', async () => {
  const coalescer = new Coalescer<number, number>(async (items) => items, 10)
  const again = await coalescer.add(1).then((item) => coalescer.add(item + 1))
  expect(await coalescer.add(again + 1)).toBe(3)
})

test('every item comes back once and in its place, however the calls fall', async () => {
  const turns = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(turns, fc.integer({ min: 1, max: 5 }), async (pauses, groupMax) => {
      const flushed: number[] = []
      const coalescer = new Coalescer<number, number>(async (items) => {
        flushed.push(...items)
        await nextTurn()
        return items.map((item) => item * 2)
      }, groupMax)
      const results: Promise<number>[] = []
      for (const [item, pause] of pauses.entries()) {
        results.push(coalescer.add(item))
        if (pause === 0) await nextTurn()
      }
      expect(await Promise.all(results)).toEqual(pauses.map((_, item) => item * 2))
      expect(flushed).toEqual(pauses.map((_, item) => item))
    }),
    { numRuns: 50 },
  )
})
