import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openQueue } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { emptySchema } from '../support/postgres.ts'
import { fuzzPayloads } from './payload-fuzz.ts'

/** Each is a job that is run: on a server in fifty milliseconds. */
const CASES = { memory: 2_000, sqlite: 500, postgres: 300 }

const STORES = {
  memory: async () => 'memory:',
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millhand-payloads-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return `sqlite:${join(folder, 'jobs.db')}`
  },
  postgres: async () => {
    const { url, release } = await emptySchema()
    onTestFinished(release)
    return url
  },
}

test.each(Object.keys(STORES) as (keyof typeof STORES)[])('the same of many more, on %s', async (store) => {
  const url = STORES[store]
  const cases = CASES[store]
  const queue = await openQueue(await url(), { logger: false })
  onTestFinished(() => queue.close())
  const { accepted, refused } = await fuzzPayloads(queue, cases)
  expect(Math.min(accepted, refused)).toBeGreaterThan(cases / 20)
})
