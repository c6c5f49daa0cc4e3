import { DatabaseSync } from 'node:sqlite'
import { recordFlatness } from '../flatness.ts'
import type { Scenario } from '../scenario.ts'
import { millhand } from '../systems/millhand.ts'
import { payloads } from '../systems/system.ts'

export const history1m: Scenario = {
  name: 'history-1m',
  about: '50,000 jobs are run beside 1,000,000 finished ones that are kept, and beside 10,000.',
  targets: [{ metric: '1M to 10k', atLeast: 0.9 }],
  run: (bench) =>
    recordFlatness(bench, millhand, {
      async fill({ system, place, rows }) {
        await system.enqueueMany(payloads(rows))
        change(place, FINISH, Date.now())
      },
      // What the round itself has finished must not add to the history of the next.
      async restore({ place, rows }) {
        change(place, FORGET, rows)
      },
    }),
}

const FINISH = `update millhand_jobs set state = 'complete', waits = null, lane = null, outcome = 'done', attempt = 1, epoch = 1,
  started_at = created_at, finished_at = ? where state = 'pending'`

const FORGET = "delete from millhand_jobs where state = 'complete' and seq > ?"

function change(file: string, statement: string, value: number): void {
  const db = new DatabaseSync(file)
  db.prepare(statement).run(value)
  db.close()
}
