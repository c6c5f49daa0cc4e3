import { expect, test } from 'vitest'
import type { ClaimedJob, Place } from '../../../../src/store/jobs.ts'
import { type Brought, Heads } from '../../../../src/store/postgres/claiming/heads.ts'
import type { LanePlace, Note } from '../../../../src/store/postgres/claiming/look.ts'
import type { Where } from '../../../../src/store/postgres/claiming/statements.ts'

const SAID: Note = {
  atMs: 0,
  alive: true,
  apart: false,
  more: false,
  taken: null,
  limited: false,
  requiring: false,
  opening: false,
  due: null,
  promoted: null,
}
const place = (dueAt: number, seq = 0, priority = 0): Place => ({ priority, dueAt, seq })

function brought(where: Where, given: Partial<Note>, jobs: readonly Place[] = []): Brought {
  return { jobs: jobs as ClaimedJob[], note: { ...SAID, ...given }, limit: 10, where }
}

/** After a look from the top: from a single lane it takes at once. */
async function after(tops: readonly LanePlace[], jobs: readonly Place[] = []): Promise<Heads> {
  const heads = new Heads()
  await heads.during(async () => brought(undefined, { tops }, jobs))
  return heads
}

const lanesOf = ({ visits }: Exclude<Where, undefined>) => visits.map(({ lane }) => lane)

test('a claim looks into as many lanes as it wants jobs: those whose first jobs come first', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, 0, 20, 2],
    [3, 0, 30, 3],
  ])
  const where = heads.visits(2)
  expect(lanesOf(where)).toEqual([1, 2])
  // What comes behind the first job of the third lane is not to be taken.
  expect(where.cutoff).toEqual(place(30, 2))
  expect(heads.visits(3).cutoff).toBeUndefined()
})

test('a lane that is empty is left out, and one that goes on is kept with its place', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, 0, 20, 2],
  ])
  await heads.during(async () => brought(heads.visits(10), { next: [[2, 0, 25, 7, false]] }))
  expect(heads.visits(10).visits).toMatchObject([{ lane: 2, after: place(25, 7) }])
})

test('of a lane that gave all that was read of it, more is read the next time', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, 0, 20, 2],
  ])
  const next = [
    [1, 0, 15, 5, true],
    [2, 0, 20, 1, false],
  ] as const
  await heads.during(async () => brought(heads.visits(100), { next }))
  expect(heads.visits(1_000).visits.map(({ cap }) => cap)).toEqual(
    [1_000, 1_002].map((cap) => Math.min(1_000, cap)),
  )
  expect(heads.visits(1_000_000).visits.map(({ cap }) => cap)[0]).toBe(1_000_000)
})

test('the only lane is gone through from where the last claim ended, until it gives less than was asked for', async () => {
  const ten = Array.from({ length: 10 }, (_, index) => place(10, index))
  const heads = await after([[1, 0, 10, 1]], ten)
  expect(heads.visits(10).visits).toMatchObject([{ lane: 1, after: place(10, 9) }])
  await heads.during(async () => brought(heads.visits(10), {}, ten))
  expect(heads.visits(10).visits).toMatchObject([{ lane: 1, after: place(10, 9), cap: 10 }])
  await heads.during(async () => brought(heads.visits(10), {}, ten.slice(3)))
  expect(heads.size).toBe(0)
})

test('a better job moves the place of its lane back, and a worse one does not', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, -5, 10, 1],
  ])
  heads.lower({ lane: 1, after: place(50) })
  expect(heads.visits(1).visits).toMatchObject([{ after: place(10, 0) }])
  heads.lower({ lane: 1, after: place(50, 0, 1) })
  expect(heads.visits(1).visits).toMatchObject([{ after: place(50, 0, 1) }])
})

test('what comes while a claim is under way is not forgotten with what the claim has found', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, 0, 10, 1],
  ])
  await heads.during(async () => {
    const where = heads.visits(10)
    heads.lower({ lane: 1, after: place(20) })
    heads.lower({ lane: 9, after: place(30) })
    return brought(where, {}, [])
  })
  expect(lanesOf(heads.visits(10))).toEqual([1, 9])
})

test('where the lanes go on is not known when an answer had no room for all that was found', async () => {
  const heads = await after([
    [1, 0, 10, 1],
    [2, 0, 20, 2],
  ])
  await heads.during(async () => brought(heads.visits(10), { more: true, next: [[1, 0, 30, 4, false]] }))
  expect(heads.size).toBe(0)
})
