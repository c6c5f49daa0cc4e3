import { describe, expect, test } from 'vitest'
import { ALL, EACH, type Holder, type Line } from './limited.ts'
import { faultsOf } from './limits-check.ts'

const START: Line = { kind: 'start', id: 'a', epoch: 1, key: 'k0' }

/** What was seen when so many jobs had a key each, by its number. */
function seen(...keys: readonly number[]): Line {
  const holders = keys.map((key, index): Holder => ({ id: `job${index}`, epoch: 1, key: `k${key}` }))
  return { kind: 'seen', id: 'a', epoch: 1, holders, grantedAt: null }
}

/** Grants at these times, in milliseconds. */
function grants(...times: readonly number[]): Line[] {
  return times.map((grantedAt, index) => ({
    ...{ kind: 'seen', id: `job${index}`, epoch: 1, holders: [] },
    grantedAt,
  }))
}

/** As many as the rate lets pass, all at once. */
const FULL = Array.from({ length: ALL.rate.count }, () => 1_000)

describe('a witness has nothing to blame', () => {
  test('where each limit is used up, and none is passed', () => {
    const pairs = [0, 0, 1, 1, 2]
    expect(pairs).toHaveLength(ALL.concurrency)
    expect(faultsOf([START, seen(...pairs), ...grants(...FULL, 1_000 + ALL.rate.perMs)])).toEqual([])
  })

  test('where a job starts again in its next epoch, though the start before it has not ended', () => {
    expect(faultsOf([START, { ...START, epoch: 2 }])).toEqual([])
  })
})

describe('a witness has one fault to tell', () => {
  test('where more hold a key than its limit lets', () => {
    expect(faultsOf([seen(0, 1, 0, 0)])).toEqual([
      `${EACH.name}=k0 has 3: job0 in epoch 1, job2 in epoch 1, job3 in epoch 1`,
    ])
  })

  test('where more run at a time than the limit of all lets, whatever their keys', () => {
    expect(faultsOf([seen(0, 0, 1, 1, 2, 2)])).toEqual([expect.stringMatching(`^${ALL.name} has 6: job0 in`)])
  })

  test('where more pass in the time of the rate than it lets, in whatever order they are told', () => {
    const last = 1_000 + ALL.rate.perMs - 1
    expect(faultsOf(grants(last, ...FULL))).toEqual([
      `${ALL.rate.count + 1} were let pass in ${last - 1_000} ms, from 1000 to ${last}`,
    ])
  })

  test('where a job starts twice in an epoch, be it after its end', () => {
    expect(faultsOf([START, { kind: 'end', id: 'a', epoch: 1 }, START])).toEqual([
      'a in epoch 1 started twice',
    ])
  })
})
