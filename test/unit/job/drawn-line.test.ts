import { expect, test } from 'vitest'
import { DrawnLine, type DrawRules, type Stock } from '../../../src/job/drawn-line.ts'
import { FairTurns, type Placed } from '../../../src/job/fair-turns.ts'
import { seededRandom } from '../../../src/kit/random.ts'

/** So many jobs of a group, due one after the other. */
function stock(
  group: string,
  priority: number,
  jobs: { count: number; from?: number; isCut?: boolean },
): Stock<Placed> {
  const { count, from = 0, isCut = false } = jobs
  const rest = Array.from({ length: count }, (_, nth) => ({
    priority,
    dueAt: from + nth,
    seq: from + nth,
  })).reverse()
  return {
    group,
    isCut,
    get first() {
      return rest.at(-1)
    },
    shift: () => void rest.pop(),
  }
}

function lineOf(ranks: Record<number, readonly Stock<Placed>[]>, rules: Partial<DrawRules> = {}) {
  const given = Object.entries(ranks).map(([priority, stocks]) => ({ priority: Number(priority), stocks }))
  const all = {
    queue: 'mail',
    weights: null,
    shares: {},
    random: seededRandom(1),
    turns: new FairTurns().begin(),
  }
  return new DrawnLine(
    given.sort((one, other) => other.priority - one.priority),
    { ...all, ...rules },
  )
}

/** What is drawn, as the due times and the priorities say, until nothing is left. */
function drawAll(line: DrawnLine<Placed>, takes: (job: Placed) => boolean = () => true): number[] {
  const drawn: number[] = []
  for (let job = line.next(); job; job = line.next()) {
    if (takes(job)) line.took(job)
    drawn.push(job.dueAt)
  }
  return drawn
}

test('groups are drawn in turn, and the jobs of each in their order', () => {
  const line = lineOf({ 0: [stock('a', 0, { count: 3 }), stock('b', 0, { count: 2, from: 10 })] })
  expect(drawAll(line)).toEqual([0, 10, 1, 11, 2])
})

test('the highest priority goes before all groups of a lower one', () => {
  const line = lineOf({ 5: [stock('a', 5, { count: 2 })], 0: [stock('b', 0, { count: 1, from: 10 })] })
  expect(drawAll(line)).toEqual([0, 1, 10])
})

test('what is drawn and not taken leaves its group the turn', () => {
  const line = lineOf({ 0: [stock('a', 0, { count: 3 }), stock('b', 0, { count: 1, from: 10 })] })
  expect(drawAll(line, ({ dueAt }) => dueAt !== 0)).toEqual([0, 1, 10, 2])
})

test('it stands by the best of what it draws from', () => {
  const line = lineOf({ 3: [stock('a', 3, { count: 1, from: 5 }), stock('b', 3, { count: 2, from: 20 })] })
  expect(line.at).toEqual({ priority: 3, dueAt: 5, seq: 5 })
  line.next()
  expect(line.at).toEqual({ priority: 3, dueAt: 20, seq: 20 })
  drawAll(line)
  expect(line.at).toBeUndefined()
})

test('it ends where nobody knows who is next of the group whose turn it is', () => {
  const line = lineOf({
    0: [stock('a', 0, { count: 1, isCut: true }), stock('b', 0, { count: 3, from: 10 })],
  })
  expect([drawAll(line), line.isCut]).toEqual([[0, 10], true])
})

test('each start draws a priority by its weight, and takes the first job of it', () => {
  const numbers = [0.9, 0.2, 0.1]
  const random = () => numbers.shift() ?? 0
  const ranks = { 10: [stock('', 10, { count: 2, from: 10 })], 0: [stock('', 0, { count: 2 })] }
  expect(drawAll(lineOf(ranks, { weights: { 0: 1, 10: 4 }, random }))).toEqual([0, 10, 11, 1])
})

test('a priority of which no job is left is not drawn', () => {
  const ranks = { 5: [stock('', 5, { count: 3 })], 0: [stock('', 0, { count: 1 })] }
  expect(drawAll(lineOf(ranks, { weights: { 0: 1_000_000 } }))).toHaveLength(4)
})

test('where priorities are drawn it stands as one of priority 0', () => {
  const ranks = { 9: [stock('', 9, { count: 1, from: 8 })], 0: [stock('', 0, { count: 1, from: 7 })] }
  expect(lineOf(ranks, { weights: {} }).at).toEqual({ priority: 0, dueAt: 7, seq: 7 })
})
