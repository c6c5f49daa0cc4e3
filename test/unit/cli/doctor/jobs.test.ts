import { expect, test } from 'vitest'
import { checkConfiguration, checkNode } from '../../../../src/cli/doctor/installation.ts'
import { checkJobs } from '../../../../src/cli/doctor/jobs.ts'
import { defineJob } from '../../../../src/job/definition.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { internalsOf } from '../../../../src/queue/internals.ts'
import { openQueue } from '../../../../src/queue/open.ts'
import { startWorker } from '../../../support/jobs.ts'

const hello = defineJob({ name: 'test.hello', run: () => {} })

async function scene() {
  const clock = new VirtualClock()
  const queue = await openQueue('memory:', { clock })
  const levels = async () =>
    Object.fromEntries((await checkJobs(queue)).map(({ check, level, text }) => [check, `${level}: ${text}`]))
  return { clock, queue, store: internalsOf(queue, 'test').store, levels }
}

test('a store with a worker and nothing to do is in order', async () => {
  const { store, levels } = await scene()
  await startWorker(store, 'w')
  expect(await levels()).toEqual({
    workers: 'ok: 1 live, 0 of 10 slots busy',
    leases: 'ok: none has lapsed without a rescue',
    handlers: 'ok: every pending job has a worker that handles it',
    queues: 'ok: none is paused or stuck',
  })
})

test('a lease that nobody rescues is found, with what it holds', async () => {
  const { clock, queue, store, levels } = await scene()
  await queue.enqueue(hello)
  const worker = await startWorker(store, 'w')
  await worker.claim()
  await clock.advance(60_000)
  expect(await levels()).toMatchObject({
    workers: 'warn: no worker is alive',
    leases: 'warn: 1 worker(s) are gone with 1 job(s), and nobody has rescued those',
  })
})

test('a queue in which nothing runs although jobs are due is stuck, unless it is paused', async () => {
  const { clock, queue, store, levels } = await scene()
  await queue.enqueue(hello)
  await clock.advance(90_000)
  await startWorker(store, 'w')
  expect(await levels()).toMatchObject({
    queues: "warn: queue 'default': a job is due for 1m 30s, and nothing runs",
  })
  await queue.pause('default')
  expect(await levels()).toMatchObject({ queues: "warn: queue 'default' is paused with 1 pending" })
})

test('a job whose name or queue no worker serves is found', async () => {
  const { queue, store, levels } = await scene()
  await queue.enqueue(hello)
  await startWorker(store, 'w', { names: ['test.other'] })
  expect(await levels()).toMatchObject({
    handlers: "warn: 1 pending job(s) 'test.hello' in queue 'default' have no live worker",
  })
})

test.each([
  ['24.9.0', 'ok'],
  ['22.18.0', 'ok'],
  ['22.17.9', 'fail'],
  ['20.20.2', 'fail'],
])('Node %s is %s', (version, level) => expect(checkNode(version).level).toBe(level))

test('the problems of a configuration are findings', () => {
  const problem = { path: 'jobs', message: 'there are none' }
  const config = { file: 'millhand.yaml' } as Parameters<typeof checkConfiguration>[0]['config']
  const levels = (errors: object[], warnings: object[]) =>
    checkConfiguration({ config, errors, warnings } as Parameters<typeof checkConfiguration>[0]).map(
      ({ level }) => level,
    )
  expect([levels([], []), levels([problem], [problem])]).toEqual([['ok'], ['fail', 'warn']])
})
