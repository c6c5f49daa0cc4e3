import { expect, onTestFinished, test } from 'vitest'
import { STATEMENT_CHARACTERS_MAX } from '../../../../src/job/limits.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { enqueue, idsOf, newJob } from '../../../support/jobs.ts'
import { emptySchema } from '../../../support/postgres.ts'
import { queueOn } from '../../../support/queue.ts'

const LARGE = JSON.stringify('x'.repeat(1_000_000))

test('a page of large jobs is cut where it comes to 32 MiB, and pages add up to all of them', async () => {
  const { url, release } = await emptySchema()
  const clock = new VirtualClock()
  const store = await openPostgresStore({ to: url, clock })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  await enqueue(store, newJob('oldest'))
  for (let at = 0; at < 40; at += 8)
    await enqueue(
      store,
      ...Array.from({ length: 8 }, (_, index) => newJob(`large-${at + index}`, { input: LARGE })),
    )

  const page = await store.catalog.list({}, { limit: 64 })
  expect(page).toHaveLength(33)
  expect(page.length * LARGE.length).toBeGreaterThan(STATEMENT_CHARACTERS_MAX)
  const rest = await store.catalog.list({}, { limit: 64, beforeSeq: page.at(-1)?.seq ?? 0 })
  expect(idsOf([...page, ...rest]).at(-1)).toBe('oldest')
  expect(new Set(idsOf([...page, ...rest])).size).toBe(41)
  // Whoever lists goes on after a page that was cut: up to what one list may bring.
  expect((await queueOn(store, clock).list({ limit: 40 })).length).toBeGreaterThanOrEqual(33)
})
