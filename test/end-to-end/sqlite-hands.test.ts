import { DatabaseSync } from 'node:sqlite'
import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeSqlite } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', retries: 0, run: (input) => input })

/** Numbers that JavaScript cannot hold. Counters are kept off the last one, past which SQLite cannot count either. */
const LARGE = [
  ...['priority', 'retries', 'timeout_ms', 'due_at', 'created_at'].map(
    (name) => `${name} = 9223372036854775807`,
  ),
  ...['attempt', 'epoch', 'crashes', 'priority'].map((name) => `${name} = 9007199254740993`),
]

describeSqlite('in the hands of others', (test) => {
  test('a number that is too large for JavaScript, edited into a row, harms only its own job', async ({
    queue,
    url,
  }) => {
    const db = new DatabaseSync(url.slice('sqlite:'.length))
    for (const edit of LARGE) {
      const odd = await queue.enqueue(echo, 1)
      const fine = await queue.enqueueMany(echo, [2, 3])
      db.prepare(`update millhand_jobs set ${edit} where id = ?`).run(odd.id)
      await runUntilIdle(queue, { jobs: [echo], advance: false })
      for (const job of fine) expect((await job.get()).state, edit).toBe('complete')
      expect((await queue.list({ limit: 1000 })).map(({ id }) => id)).toContain(odd.id)
      expect((await queue.explain(odd.id)).id).toBe(odd.id)
      db.prepare('delete from millhand_jobs where id = ?').run(odd.id)
    }
    db.close()
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
