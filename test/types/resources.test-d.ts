import { defineJob, openQueue, type RunningJob, Worker } from 'millhand'
import { runJob } from 'millhand/testing'
import { expectTypeOf } from 'vitest'
import type { Tool } from '../support/resources.ts'

/** What must compile of resources and secrets, and what must not. Nothing of this runs: `npm run types` checks it. */
const queue = await openQueue('memory:')

const job = defineJob({
  name: 'test.resources',
  async run(_, ctx) {
    expectTypeOf(ctx.resources.tool).toEqualTypeOf<Tool | undefined>()
    // @ts-expect-error: nobody has declared it
    ctx.resources.pool
    expectTypeOf(await ctx.secrets.get('key')).toBeString()
  },
  cleanup: (_job, _outcome, ctx) => void ctx.resources.tool?.number,
})

new Worker(queue, {
  jobs: [job],
  setup: async ({ signal }) => {
    expectTypeOf(signal).toEqualTypeOf<AbortSignal>()
    return { tool: { number: 1 } }
  },
  teardown: ({ tool }) => expectTypeOf(tool).toEqualTypeOf<Tool | undefined>(),
  secrets: (name, { context }) => {
    expectTypeOf(context).toEqualTypeOf<RunningJob['context']>()
    return name
  },
})
// @ts-expect-error: a tool is something else
new Worker(queue, { jobs: [job], setup: () => ({ tool: 1 }) })
// @ts-expect-error: a secret is a text
new Worker(queue, { jobs: [job], secrets: () => 1 })
await runJob(job, null, { resources: { tool: { number: 2 } }, secrets: { key: 'test' } })
