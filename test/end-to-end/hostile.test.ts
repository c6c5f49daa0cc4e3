import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob, type Skip } from '../../src/index.ts'
import { openTestQueue, runUntilIdle } from '../../src/testing/index.ts'
import { describeStores } from '../support/stores.ts'

/** Handlers that throw or return what nobody expects: the job fails, and the worker goes on. */
const hostile: Record<string, () => never> = {
  'an error whose message is a symbol': () => {
    throw Object.assign(new Error('x'), { message: Symbol('odd') })
  },
  'an error whose stack throws': () => {
    throw Object.defineProperty(new Error('x'), 'stack', {
      get() {
        throw new Error('no stack')
      },
    })
  },
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    throw proxy
  },
  'an error that throws when it is asked what it is': () => {
    throw new Proxy(new Error('x'), {
      get() {
        throw new Error('do not ask')
      },
      getPrototypeOf() {
        throw new Error('do not ask')
      },
    })
  },
  'by returning a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    return proxy as never
  },
}

for (const [what, run] of Object.entries(hostile)) {
  test(`a handler that throws ${what} fails its job`, async () => {
    const { queue, clock } = await openTestQueue()
    const odd = defineJob({ name: 'test.odd', retries: 0, run })
    const job = await queue.enqueue(odd)
    await runUntilIdle(queue, { jobs: [odd], clock })
    expect(await job.get()).toMatchObject({ state: 'failed', failure: { kind: 'error' } })
    await queue.close()
  })
}

describeStores('texts that a database may refuse', (test) => {
  test('NUL and half a surrogate pair in a reason or a log line are replaced, and nothing is stuck', async ({
    queue,
    clock,
  }) => {
    const odd = 'a\0b \ud800 c'
    const shown = 'a␀b \ufffd c'
    const job = defineJob({
      name: 'test.odd_texts',
      retries: 0,
      input: z.string(),
      run(ends, ctx): Skip {
        ctx.log.info(odd, { odd })
        ctx.progress({ message: odd })
        if (ends === 'skip') return ctx.skip(odd)
        throw new Error(odd)
      },
    })
    const skipped = await queue.enqueue(job, 'skip')
    const failed = await queue.enqueue(job, 'fail')
    const later = await queue.enqueue(job, 'later', { delay: '1h' })
    expect(await later.cancel(odd)).toBe(true)
    await runUntilIdle(queue, { jobs: [job], clock })

    expect(await skipped.get()).toMatchObject({ outcome: 'skipped', reason: shown })
    expect(await failed.get()).toMatchObject({ state: 'failed', failure: { message: shown } })
    expect(await later.get()).toMatchObject({ state: 'cancelled', reason: shown })
    const [line] = await queue.logs(skipped.id)
    expect(line).toMatchObject({ message: shown, data: JSON.stringify({ odd }) })
  })
})
