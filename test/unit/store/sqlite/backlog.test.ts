import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { backlog } from '../../../../src/store/sqlite/backlog.ts'
import type { Connection } from '../../../../src/store/sqlite/connection.ts'
import { MIGRATIONS } from '../../../../src/store/sqlite/migrations/index.ts'

test('the backlog of a queue is found by the indexes of what waits: nothing that has ended is gone through', () => {
  const database = new DatabaseSync(':memory:')
  for (const { sql } of MIGRATIONS) database.exec(sql)
  const plans: string[] = []
  const all = (sql: string, ...values: (string | number)[]) => {
    const rows = database.prepare(`explain query plan ${sql}`).all(...values)
    plans.push(...rows.map(({ detail }) => String(detail)))
    return []
  }
  backlog({ all } as unknown as Connection, { queue: 'mail', countedMax: 10 }, 0)
  expect(plans.filter((detail) => /SCAN millhand_jobs(?! USING .*INDEX)/.test(detail))).toEqual([])
  expect(plans.join('\n')).toMatch(
    /millhand_jobs_parked_lane[\s\S]*millhand_jobs_due[\s\S]*millhand_jobs_held/,
  )
  database.close()
})
