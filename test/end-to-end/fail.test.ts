import { defineJob } from 'millhand'
import { runJob, runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

const DECLINED = { code: 'declined', message: 'the card was declined', output: { tried: 2 } }

describeStores('ctx.fail', (test) => {
  test('a handler fails in words of its own, with what it got done', async ({ queue }) => {
    const job = defineJob({ name: 'test.pay', run: (_, ctx) => ctx.fail({ ...DECLINED, permanent: true }) })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(1)

    const { code, message, output } = DECLINED
    const failure = { kind: 'error', code, message, attempt: 1 }
    expect(await handle.get()).toMatchObject({ state: 'failed', failure, output })
    const facts = { kind: 'error', code, message, output, attempts: 1 }
    await expect(handle.result()).rejects.toMatchObject({ code: 'job_failed', facts })
  })

  test('it may be thrown, from however deep', async ({ queue }) => {
    const job = defineJob({
      name: 'test.pay',
      async run(_, ctx) {
        throw ctx.fail({ ...DECLINED, permanent: true })
      },
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      failure: { code: 'declined' },
      output: { tried: 2 },
    })
  })

  test('without permanent it is retried by policy, and the last attempt says what was done', async ({
    queue,
  }) => {
    const job = defineJob({
      name: 'test.pay',
      retries: 2,
      run: (_, ctx) => ctx.fail({ message: 'not yet', output: { attempt: ctx.attempt } }),
    })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(3)
    expect(await handle.get()).toMatchObject({ state: 'failed', output: { attempt: 3 } })
    await queue.retry(handle.id)
    expect(await handle.get()).not.toHaveProperty('output')
  })

  test('an output that cannot be stored is told, and nothing is kept of it', async ({ queue }) => {
    const job = defineJob({
      name: 'test.pay',
      run: (_, ctx) => ctx.fail({ message: 'no', output: () => {} }),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    const failed = await handle.get()
    expect(failed).toMatchObject({
      state: 'failed',
      failure: { kind: 'invalid_output', code: 'not_serialisable' },
    })
    expect(failed).not.toHaveProperty('output')
  })

  test('asked for and not returned, it is a failure all the same', async ({ queue }) => {
    const job = defineJob({
      name: 'test.pay',
      retries: 0,
      run(_, ctx) {
        ctx.fail({ message: 'forgotten' })
      },
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { code: 'fate_not_returned' } })
    const message = expect.stringMatching(
      /^ctx\.fail was called, and nothing was returned: .*Write return ctx\.fail\(/,
    )
    expect(await handle.get()).toMatchObject({ failure: { message } })
  })

  test('an option that there is not is refused, with the one that was meant', async ({ queue }) => {
    const job = defineJob({
      name: 'test.pay',
      retries: 0,
      run: (_, ctx) => ctx.fail({ message: 'no', permanant: true } as never),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({
      failure: { code: 'unknown_option', message: expect.stringContaining('permanent') },
    })
  })

  test('runJob tells of it, with what was done', async () => {
    const job = defineJob({ name: 'test.pay', run: (_, ctx) => ctx.fail({ ...DECLINED, permanent: true }) })
    const { outcome } = await runJob(job)
    expect(outcome).toMatchObject({
      verb: 'fail',
      kind: 'error',
      error: { code: 'declined' },
      output: { tried: 2 },
    })
  })
})
