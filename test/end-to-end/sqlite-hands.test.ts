import { DatabaseSync } from 'node:sqlite'
import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeSqlite } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', retries: 0, run: (input) => input })

/** Edits that no claim or list could read. */
const UNREADABLE = [
  'update millhand_jobs set priority = 9007199254740993',
  'update millhand_jobs set due_at = 9223372036854775807',
  "update millhand_jobs set state = 'odd'",
  'update millhand_jobs set waits = 1, lane = null',
  'update millhand_returns set count = 9223372036854775807',
]

describeSqlite('in the hands of others', (test) => {
  test('a row is not edited into what could not be read: the file refuses it', async ({ queue, url }) => {
    await queue.enqueue(echo, 1)
    const db = new DatabaseSync(url.slice('sqlite:'.length))
    for (const edit of UNREADABLE) expect(() => db.exec(edit)).toThrow(/CHECK constraint failed/)
    db.close()
    expect(await runUntilIdle(queue, { jobs: [echo] })).toBe(1)
  })

  test('a handler that changes or freezes its database harms only its own job', async ({ queue }) => {
    const hands: ((tx: DatabaseSync) => void)[] = [
      (tx) => void Object.freeze(tx),
      (tx) => void Object.assign(tx, { exec: () => {}, close: () => {} }),
      (tx) => void Object.assign(tx, { prepare: () => ({ run: () => ({ changes: 1 }), all: () => [] }) }),
    ]
    for (const fails of [false, true])
      for (const [index, change] of hands.entries()) {
        const odd = defineJob({
          name: `test.odd_${index}`,
          retries: 0,
          run: (_, ctx) =>
            ctx.transaction((tx) => {
              change(tx)
              if (fails) throw new Error('no')
              return 1
            }),
        })
        const job = await queue.enqueue(odd)
        const other = await queue.enqueue(echo, index)
        await runUntilIdle(queue, { jobs: [odd, echo] })
        expect((await job.get()).state).toBe(fails ? 'failed' : 'complete')
        expect((await other.get()).state).toBe('complete')
      }
  })

  test('a transaction that its body has ended and begun anew is not taken for the one that completes the job', async ({
    queue,
  }) => {
    const again = defineJob({
      name: 'test.again',
      retries: 0,
      run: (_, ctx) => ctx.transaction((tx) => tx.exec('commit; begin immediate')),
    })
    const job = await queue.enqueue(again)
    await runUntilIdle(queue, { jobs: [again] })
    expect(await job.get()).toMatchObject({ state: 'failed', failure: { code: 'foreign_transaction' } })
  })
})
