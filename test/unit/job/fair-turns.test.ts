import { expect, test } from 'vitest'
import { compareTurns, FairTurns, Round, type Shares, shareOf } from '../../../src/job/fair-turns.ts'

/** Which groups start one after the other, each of which has work all the time. */
function startsOf(
  round: Round,
  groups: readonly string[],
  { count, shares = {} }: { count: number; shares?: Shares },
) {
  return Array.from({ length: count }, () => {
    const turns = groups.map((group) => ({ group, turn: round.turnOf(group) }))
    const [next] = turns.sort((one, other) => compareTurns(one.turn, other.turn))
    const group = next?.group ?? ''
    round.start(group, shareOf(shares, group))
    return group
  }).join('')
}

test('groups start one after the other', () => {
  expect(startsOf(new Round(), ['a', 'b', 'c'], { count: 7 })).toBe('abcabca')
})

test('a group with three shares starts three times as often', () => {
  const starts = startsOf(new Round(), ['a', 'b'], { count: 400, shares: { a: 3 } })
  expect(starts.replaceAll('b', '')).toHaveLength(300)
  expect(starts).not.toMatch(/aaaa|bb/)
})

test('a share below one counts as well', () => {
  const starts = startsOf(new Round(), ['a', 'b'], { count: 110, shares: { a: 0.1 } })
  expect(starts.replaceAll('b', '')).toHaveLength(10)
})

test('a group that comes anew is next, before all that have started', () => {
  const round = new Round()
  startsOf(round, ['a', 'b', 'c'], { count: 301 })
  expect(startsOf(round, ['a', 'b', 'c', 'new'], { count: 1 })).toBe('new')
})

test('a group without work saves up nothing', () => {
  const round = new Round()
  startsOf(round, ['a', 'b'], { count: 2 })
  startsOf(round, ['b'], { count: 100 })
  expect(startsOf(round, ['a', 'b'], { count: 6 })).toBe('ababab')
})

test('an object that inherits names gives no group a share', () => {
  expect(shareOf({}, 'constructor')).toBe(1)
})

test('what a claim has planned counts only where it brought the job', () => {
  const turns = new FairTurns()
  const place = { queue: 'mail', priority: 0 }
  const first = turns.begin()
  first.start(1, { ...place, group: 'a', share: 1 })
  first.start(2, { ...place, group: 'b', share: 1 })
  expect(first.round(place).turnOf('a').at).toBe(1)
  turns.count([{ seq: 1 }, { seq: 7 }])

  const next = turns.begin().round(place)
  expect([next.turnOf('a').at, next.turnOf('b').at]).toEqual([1, 0])
  turns.begin().start(3, { ...place, group: 'b', share: 1 })
  turns.begin()
  turns.count([{ seq: 3 }])
  expect(turns.begin().round(place).turnOf('b').at).toBe(0)
})

test('what is planned beside a claim changes nothing of it', () => {
  const place = { queue: 'mail', priority: 0 }
  const plan = new FairTurns().begin()
  plan.start(1, { ...place, group: 'a', share: 1 })
  const beside = plan.beside()
  expect(beside.round(place).turnOf('a').at).toBe(1)
  beside.start(2, { ...place, group: 'a', share: 1 })
  expect(plan.round(place).turnOf('a').at).toBe(1)
})

test('the groups of other queues and priorities have turns of their own', () => {
  const plan = new FairTurns().begin()
  plan.start(1, { queue: 'mail', priority: 0, group: 'a', share: 1 })
  expect(plan.round({ queue: 'mail', priority: 1 }).turnOf('a').at).toBe(0)
  expect(plan.round({ queue: 'news', priority: 0 }).turnOf('a').at).toBe(0)
})

test('groups whose turn has passed are forgotten, and of too many those that started first', () => {
  const round = new Round()
  for (let nth = 0; nth < 100_000; nth += 1) round.start(`once-${nth}`, 1)
  expect(round.size).toBeLessThan(50_000)
  const passing = new Round()
  for (let nth = 0; nth < 10_000; nth += 1) {
    passing.start(`once-${nth}`, 1)
    passing.start('always', 1)
  }
  expect(passing.size).toBeLessThan(2_001)
})

test('of many queues and priorities those are forgotten that were used first, so that no more groups are remembered', () => {
  const turns = new FairTurns()
  for (let priority = 0; priority < 1_500; priority += 1) {
    const plan = turns.begin()
    for (let nth = 0; nth < 40; nth += 1)
      plan.start(nth, { queue: 'mail', priority, group: `g${nth}`, share: 1 })
    turns.count(Array.from({ length: 40 }, (_, seq) => ({ seq })))
  }
  expect(turns.size).toBeLessThanOrEqual(20_000)
  const plan = turns.begin()
  expect(plan.round({ queue: 'mail', priority: 1_499 }).turnOf('g1').at).toBe(1)
  expect(plan.round({ queue: 'mail', priority: 0 }).turnOf('g1').at).toBe(0)
})
