import { readFileSync } from 'node:fs'
import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { systemClock } from '../../src/kit/clock.ts'
import { schemaOf, withClient } from '../support/postgres.ts'
import { test } from '../support/sql-functions.ts'

const DOCUMENT = readFileSync(new URL('../../docs/sql.md', import.meta.url), 'utf8')
const send = defineJob({ name: 'mail.send', run: () => 'sent' })
const confirm = defineJob({ name: 'orders.confirm', run: (input) => input })

test('docs/sql.md does what it says, in one transaction', async ({ open, url }) => {
  // As a program has it, on the time of the server itself.
  const queue = await open({ clock: systemClock })
  const schema = schemaOf(url)
  const blocks = [...DOCUMENT.matchAll(/^```sql\n([\s\S]*?)^```/gm)].map(([, sql = '']) =>
    sql.replaceAll(/\bmillhand\b(?=[. ])/g, `"${schema}"`).replaceAll('shop', `${schema}_shop`),
  )
  expect(blocks).toHaveLength(5)
  await withClient(async (client) => {
    await client.query('set local search_path = pg_temp')
    for (const block of blocks) {
      await client.query(block.replaceAll('order_came()', 'pg_temp.order_came()'))
    }
    // What was made for the page goes with its transaction; the jobs are to stay.
    await client.query(
      `drop table orders; drop function pg_temp.order_came(); drop owned by "${schema}_shop"; drop role "${schema}_shop"`,
    )
    await client.query('commit')
  })
  expect(await queue.count({ state: 'pending' })).toBe(3)
  expect(await runUntilIdle(queue, { jobs: [send, confirm] })).toBe(2)
  expect(await queue.list({ job: confirm })).toMatchObject([
    { input: { id: 42, customer: 'ada' }, retries: 5, key: '42' },
  ])
  expect(await queue.list({ job: send, state: 'cancelled' })).toMatchObject([{ reason: 'no longer needed' }])
})
