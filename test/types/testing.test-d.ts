import { defineJob } from 'millhand'
import {
  crashSweep,
  expectEnqueued,
  openTestQueue,
  runJob,
  runUntilIdle,
  type VirtualClock,
  virtualClock,
} from 'millhand/testing'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

/** What must compile of the test kit, and what must not. Nothing of this runs: `npm run types` checks it. */
const copy = defineJob({
  name: 'library.copy',
  input: z.object({
    book: z.string(),
    pages: z.array(z.number()),
    to: z.object({ shelf: z.string(), row: z.number() }),
  }),
  output: z.object({ copied: z.number() }),
  checkpoint: z.object({ page: z.number() }),
  run: ({ pages }) => ({ copied: pages.length }),
})
const input = { book: 'a', pages: [1], to: { shelf: 's', row: 1 } }

const { queue, clock } = await openTestQueue({ jobs: [copy] })
expectTypeOf(clock).toEqualTypeOf<VirtualClock>()
await clock.advance('5m')
await clock.advance(5)
virtualClock(new Date(0))
// @ts-expect-error: no unit of time
await clock.advance('5 minutes')

// --- runJob

const run = await runJob(copy, input, { checkpoint: { page: 1 }, attempt: 2 })
if (run.outcome.verb === 'complete') expectTypeOf(run.outcome.output).toEqualTypeOf<{ copied: number }>()
if (run.outcome.verb === 'retry') expectTypeOf(run.outcome.delayMs).toBeNumber()
// @ts-expect-error: only what completed has an output
run.outcome.output
// @ts-expect-error: the input is missing
await runJob(copy)
// @ts-expect-error: a checkpoint of another shape
await runJob(copy, input, { checkpoint: { chapter: 1 } })
await runJob(defineJob({ name: 'test.plain', run: () => {} }))
// @ts-expect-error: nothing to run
await runJob(defineJob({ name: 'test.plain' }))

// --- expectEnqueued: any part of the input

await expectEnqueued(queue, copy)
await expectEnqueued(queue, copy, { book: 'a' }, { count: 1, tags: ['t'] })
await expectEnqueued(queue, copy, { to: { row: 1 } })
// @ts-expect-error: a field of the wrong type
await expectEnqueued(queue, copy, { to: { row: '1' } })
// @ts-expect-error: a field that does not exist
await expectEnqueued(queue, copy, { title: 'a' })
// @ts-expect-error: an option that does not exist
await expectEnqueued(queue, copy, {}, { times: 1 })

// --- runUntilIdle takes the options of a worker

expectTypeOf(await runUntilIdle(queue, { jobs: [copy], concurrency: 1, clock, advance: false })).toBeNumber()
// @ts-expect-error: an option that does not exist
await runUntilIdle(queue, { jobs: [copy], maxJob: 1 })

// --- crashSweep: the input of the definition, and its handler

const report = await crashSweep(copy, input, {
  setup: (queue) => queue.transaction((tx) => tx.exec('create table pages (page integer)')),
  state: async (queue) => queue.count(),
  context: { user: 'ada' },
  store: 'sqlite',
  onProgress: ({ done, of }) => expectTypeOf(done / of).toBeNumber(),
})
expectTypeOf(report.calls).toEqualTypeOf<readonly string[]>()
await crashSweep(defineJob({ name: 'test.plain', run: () => {} }))
// @ts-expect-error: the input is missing
await crashSweep(copy)
// @ts-expect-error: a field of the wrong type
await crashSweep(copy, { ...input, pages: ['1'] })
// @ts-expect-error: nothing to run
await crashSweep(defineJob({ name: 'test.plain' }))
// @ts-expect-error: a store that it does not make
await crashSweep(copy, input, { store: 'postgres' })
