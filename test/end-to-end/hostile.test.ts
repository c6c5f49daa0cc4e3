import { expect, test } from 'vitest'
import { defineJob } from '../../src/index.ts'
import { openTestQueue, runUntilIdle } from '../../src/testing/index.ts'

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
