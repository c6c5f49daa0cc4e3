// Shows the test kit: no waiting, no database, and time that moves when the test says so.
import assert from 'node:assert/strict'
import { defineJob } from 'millhand'
import { expectEnqueued, openTestQueue, runJob, runUntilIdle } from 'millhand/testing'
import { z } from 'zod'

const sendMail = defineJob({
  name: 'mail.send',
  input: z.object({ to: z.string(), kind: z.string() }),
  run: () => {},
})

const welcome = defineJob({
  name: 'user.welcome',
  input: z.object({ email: z.string() }),
  retries: 2,
  backoff: { kind: 'fixed', base: '1h', jitter: 0 },
  async run({ email }, ctx) {
    if (ctx.attempt < 3) throw new Error('the mail server is down')
    await ctx.enqueue(sendMail, { to: email, kind: 'welcome' })
    return { welcomed: email }
  },
})

// One handler, once, with no queue at hand.
const run = await runJob(welcome, { email: 'ada@example.com' }, { attempt: 3 })
assert.deepEqual(run.outcome, { verb: 'complete', output: { welcomed: 'ada@example.com' } })
console.log('enqueued:', run.enqueued.map(({ name }) => name).join())

// All of it, on a queue in memory: two hours of back-off pass at once.
const { queue, clock } = await openTestQueue()
const startMs = clock.now()
await queue.enqueue(welcome, { email: 'grace@example.com' })
const attempts = await runUntilIdle(queue, { jobs: [welcome, sendMail] })
console.log(`${attempts} attempts in ${(clock.now() - startMs) / 3_600_000} virtual hours`)

await expectEnqueued(queue, sendMail, { to: 'grace@example.com' }, { count: 1 })
await expectEnqueued(queue, sendMail, { to: 'nobody' }).catch((error) => console.log(error.message))
await queue.close()
