import { describe, expect, test } from 'vitest'
import { check, type Verdict } from '../../chaos/check.ts'
import type { History } from '../../chaos/history.ts'
import { claimed, historyWith, type Line, leased, rescued, wrote } from './history.ts'

const WORDS = [
  'lost',
  'duplicateSettles',
  'staleAccepted',
  'falseRescues',
  'blamedUnbegun',
  'undoneKept',
  'misbehaved',
] as const satisfies readonly (keyof Verdict)[]

type Word = (typeof WORDS)[number]

/** Which violations a history has, and how many of each. */
function violationsOf(history: History): Partial<Record<Word, number>> {
  const verdict = check(history)
  return Object.fromEntries(WORDS.filter((word) => verdict[word] > 0).map((word) => [word, verdict[word]]))
}

test('a run in which a worker is killed and its jobs run again has no violation', () => {
  expect(check(historyWith())).toEqual({
    enqueued: 4,
    effects: 3,
    ...{ lost: 0, duplicateSettles: 0, staleAccepted: 0, falseRescues: 0, blamedUnbegun: 0 },
    ...{ undoneKept: 0, misbehaved: 0 },
    recoveries: 1,
    maxRecoveryMs: 3_120,
    p99RecoveryMs: 3_120,
    rescues: 1,
    refused: 0,
    faults: { 'kill a worker': 1 },
    refusedCalls: {},
    problems: [],
  })
})

describe('lost is', () => {
  test('a job that was acknowledged and is not there', () => {
    expect(violationsOf(historyWith({ without: ['c'] }))).toMatchObject({ lost: 1 })
  })

  test('a job that never came to an end', () => {
    expect(violationsOf(historyWith({ resting: { d: { state: 'pending' } }, also: retryOf('d') }))).toEqual({
      lost: 1,
    })
  })

  test('an end that was accepted and is another one now', () => {
    expect(violationsOf(historyWith({ resting: { a: { state: 'failed' } } }))).toEqual({ lost: 1 })
  })

  test('a cancellation that was answered and is not there, unless the job was retried since', () => {
    const resting = { d: { state: 'complete', epoch: 1 } } as const
    expect(violationsOf(historyWith({ resting }))).toEqual({ lost: 1 })
    expect(violationsOf(historyWith({ resting, also: retryOf('d') }))).toEqual({})
  })

  test('a completion without the row of its transaction, and a row without its completion', () => {
    const writes = [{ id: 'd', epoch: 1, worker: 'w2', verb: 'complete' }] as const
    const also: Line[] = [
      ...retryOf('d'),
      { atMs: 3_300, kind: 'wrote', writes, sentMs: 3_299, withRow: true },
    ]
    const resting = { d: { state: 'complete', epoch: 1 } } as const
    expect(violationsOf(historyWith({ also, resting, rows: ['d'] }))).toEqual({})
    expect(violationsOf(historyWith({ also, resting }))).toEqual({ lost: 1 })
    expect(violationsOf(historyWith({ rows: ['d'] }))).toEqual({ lost: 1 })
  })
})

describe('duplicateSettles is', () => {
  test('a claim that was settled twice', () => {
    expect(violationsOf(historyWith({ also: [wrote(50, 'w1', ['a', 1])] }))).toEqual({ duplicateSettles: 1 })
    const back = wrote(35, 'w1', ['a', 1, 'retry'])
    expect(violationsOf(historyWith({ also: [back] }))).toEqual({ duplicateSettles: 1 })
  })

  test('a job that was complete and ended again in a later claim', () => {
    const also = [claimed(3_300, 'w2', ['a', 2]), wrote(3_310, 'w2', ['a', 2])]
    expect(violationsOf(historyWith({ also, resting: { a: { epoch: 2 } } }))).toEqual({ duplicateSettles: 1 })
  })

  test('a job that had failed and ended again, unless somebody may have retried it', () => {
    const also = [
      claimed(3_250, 'w1', ['d', 1]),
      wrote(3_260, 'w1', ['d', 1, 'fail']),
      claimed(3_300, 'w2', ['d', 2]),
      wrote(3_310, 'w2', ['d', 2]),
    ]
    const resting = { d: { state: 'complete', epoch: 2 } } as const
    const early = retryOf('d', 20)
    expect(violationsOf(historyWith({ also: [...also, ...early], resting }))).toEqual({
      lost: 1,
      duplicateSettles: 1,
    })
    expect(violationsOf(historyWith({ also: [...also, ...retryOf('d', 3_270)], resting }))).toEqual({})
  })

  test('an effect in the transaction of a completion that is there twice', () => {
    expect(violationsOf(historyWith({ rows: ['a', 'b', 'a'] }))).toEqual({ duplicateSettles: 1 })
  })
})

describe('staleAccepted is', () => {
  /** Nobody was blamed for what was settled. */
  const resting = { b: { crashes: 0 } } as const

  test('a settlement of an epoch after which the job was claimed again', () => {
    const late = wrote(3_215, 'w1', ['b', 1, 'retry'])
    expect(violationsOf(historyWith({ also: [late], resting }))).toEqual({ staleAccepted: 1 })
  })

  test('progress, or that a job has begun, of such an epoch', () => {
    for (const verb of ['report', 'begin'] as const)
      expect(violationsOf(historyWith({ also: [wrote(3_215, 'w1', ['b', 1, verb])] }))).toEqual({
        staleAccepted: 1,
      })
  })

  test('a settlement of a worker whose jobs were rescued, but for one that gives the job back', () => {
    expect(violationsOf(historyWith({ also: [wrote(3_205, 'w1', ['b', 1, 'retry'])], resting }))).toEqual({
      staleAccepted: 1,
    })
    expect(violationsOf(historyWith({ also: [wrote(3_205, 'w1', ['b', 1, 'release'])] }))).toEqual({})
  })

  test('not one that was asked for before the other claim was known', () => {
    const writes = [{ id: 'b', epoch: 1, worker: 'w1', verb: 'retry' }] as const
    const slow: Line = { atMs: 3_400, kind: 'wrote', writes, sentMs: 90 }
    expect(violationsOf(historyWith({ also: [slow], resting }))).toEqual({})
  })

  test('not one after a claim that a server which ended at once may have forgotten', () => {
    const also: Line[] = [
      { atMs: 3_212, process: 'main', kind: 'fault', fault: 'stop the server', target: 'all', forMs: 10 },
      wrote(3_225, 'w1', ['b', 1, 'retry']),
    ]
    expect(violationsOf(historyWith({ also, resting }))).toEqual({})
  })
})

describe('falseRescues are', () => {
  test('workers whose beat had reached the store within their lease', () => {
    expect(violationsOf(historyWith({ also: [leased('w1', 300)] }))).toEqual({ falseRescues: 1 })
  })

  test('not those whose beat was answered after the rescue had begun, or whose lease had ended', () => {
    expect(violationsOf(historyWith({ also: [leased('w1', 3_205)] }))).toEqual({})
    expect(violationsOf(historyWith({ also: [leased('w1', 150)] }))).toEqual({})
  })
})

describe('blamedUnbegun is', () => {
  test('a crash that was counted for a job which was only held', () => {
    expect(violationsOf(historyWith({ resting: { c: { epoch: 1, crashes: 1 } } }))).toEqual({
      blamedUnbegun: 1,
    })
    expect(violationsOf(historyWith({ resting: { c: { crashes: 1 } } }))).toEqual({ blamedUnbegun: 1 })
  })

  test('a crash that was counted for a job which was settled in each of its claims', () => {
    expect(violationsOf(historyWith({ resting: { a: { crashes: 1 } } }))).toEqual({ blamedUnbegun: 1 })
    expect(violationsOf(historyWith({ resting: { b: { crashes: 2 } } }))).toEqual({ blamedUnbegun: 1 })
  })

  test('not one of a claim that nobody has a word of: its worker was killed over the answer', () => {
    const also = [claimed(3_300, 'w2', ['c', 4])]
    expect(violationsOf(historyWith({ also, resting: { c: { epoch: 4, crashes: 2 } } }))).toEqual({})
  })

  test('not one of a job of which the store was about to be told that it had begun', () => {
    const begins: Line = { atMs: 90, kind: 'beginning', jobs: [{ id: 'c', epoch: 1 }] }
    expect(violationsOf(historyWith({ also: [begins], resting: { c: { crashes: 1 } } }))).toEqual({})
  })
})

test('undoneKept is a job of a transaction that was rolled back', () => {
  const also: Line[] = [{ atMs: 15, kind: 'undone', ids: ['d', 'e'] }]
  expect(violationsOf(historyWith({ also }))).toEqual({ undoneKept: 1 })
})

test('misbehaved is a process that ended by itself, or would not end', () => {
  const also: Line[] = [
    { atMs: 15, process: 'main', kind: 'misbehaved', target: 'worker-1.1', how: 'ended by itself' },
  ]
  expect(check(historyWith({ also })).problems).toEqual(['misbehaved: worker-1.1 ended by itself'])
})

test('what was refused, and which calls failed, is counted, and is no violation', () => {
  const writes = [{ id: 'b', epoch: 1, worker: 'w1', verb: 'complete' }] as const
  const also: Line[] = [
    { atMs: 3_300, kind: 'late', writes },
    {
      atMs: 3_301,
      process: 'client-1.1',
      kind: 'refused',
      call: 'enqueue',
      code: 'store_full',
      message: 'full',
    },
  ]
  expect(check(historyWith({ also }))).toMatchObject({
    refused: 1,
    refusedCalls: { store_full: 1 },
    problems: [],
  })
})

test('each problem is told with its word, in words', () => {
  const rescue = rescued(400, 'w2', [])
  const { problems } = check(historyWith({ without: ['a'], also: [leased('w2', 350), rescue] }))
  expect(problems).toEqual([
    'lost: a was acknowledged, and is not there',
    'falseRescues: worker w2 was taken for lost 2949 ms before its lease ended',
  ])
})

/** That a client has retried a job, from the question to the answer. */
function retryOf(id: string, atMs = 3_205): Line[] {
  const call = { process: 'client-1.1', order: 'retry', call: atMs, ids: [id] } as const
  return [
    { ...call, atMs, kind: 'asked' },
    { ...call, atMs: atMs + 1, kind: 'answered' },
  ]
}
