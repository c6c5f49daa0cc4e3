import { expect } from 'vitest'
import { BOUND_MS, within } from '../support/child.ts'
import { BOUND, BY_NOTICE, test } from './scene.ts'
import { scripted } from './script.ts'

test('a cancel reaches the running handler in another process long before the next beat', async ({
  scene,
  queue,
}) => {
  const worker = await scene.worker(BY_NOTICE)
  const job = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  expect(await job.cancel('not needed any more')).toBe(true)
  const abort = await worker.next('aborted')
  expect(abort).toMatchObject({ id: job.id, because: 'cancelled' })
  expect(await job.get()).toMatchObject({ state: 'cancelled', reason: 'not needed any more' })
})

test('a cancel reaches a handler that has only just begun, beside one that has been running for long', async ({
  scene,
  queue,
}) => {
  // The next job is not what is tested: one that comes in the instant of the worker's own write is found by polling.
  const worker = await scene.worker({ ...BY_NOTICE, pollInterval: '200ms' })
  const old = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  for (let round = 0; round < 5; round += 1) {
    const young = await queue.enqueue(scripted, { act: 'wait' })
    await worker.next('running', ({ id }) => id === young.id)
    await young.cancel()
    await worker.next('aborted', ({ id }) => id === young.id)
  }
  expect(await old.get()).toMatchObject({ state: 'running' })
})

test('a handler that completes a cancelled job is refused', async ({ scene, queue }) => {
  const worker = await scene.worker(BY_NOTICE, { tells: ['refuse'] })
  const job = await queue.enqueue(scripted, { act: 'ignore' })
  await worker.next('running')

  await job.cancel()
  worker.say('go')
  expect(await worker.next('refuse')).toMatchObject({ event: { id: job.id, because: 'cancelled' } })
  expect(await job.get()).toMatchObject({ state: 'cancelled' })
})

test('an idle worker picks up what another process enqueues, without polling', async ({ scene, queue }) => {
  const worker = await scene.worker(BY_NOTICE)
  for (let round = 0; round < 20; round += 1) {
    const job = await queue.enqueue(scripted, { act: 'return' })
    expect(await job.result(BOUND)).toMatchObject({ pid: worker.pid })
  }
})

test('where no file can be watched, an idle worker picks up jobs by polling', async ({ scene, queue }) => {
  const worker = await scene.worker({ ...BY_NOTICE, pollInterval: '200ms' }, { deaf: true })
  for (let round = 0; round < 5; round += 1) {
    const job = await queue.enqueue(scripted, { act: 'return' })
    expect(await job.result(BOUND)).toMatchObject({ pid: worker.pid })
  }
})

test('where no file can be watched, a beat brings the cancel', async ({ scene, queue }) => {
  const worker = await scene.worker({ beat: '300ms', pollInterval: '100ms' }, { deaf: true })
  const job = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  await job.cancel()
  expect(await worker.next('aborted')).toMatchObject({ id: job.id, because: 'cancelled' })
})

test('watch and subscribe follow a job through another process, to its end', async ({ scene, queue }) => {
  const changes = queue.subscribe()
  const verbs = read(
    changes,
    ({ verb }) => verb,
    (verb) => verb === 'complete',
  )
  const worker = await scene.worker(BY_NOTICE)
  const job = await queue.enqueue(scripted, { act: 'progress' })
  const views = read(
    job.watch(),
    ({ state, progress }) => ({ state, message: progress?.message }),
    () => false,
  )
  const stream = job.watch()
  for await (const view of stream) if (view.progress) break
  worker.say('go')

  expect(await within(verbs, BOUND_MS, () => 'completion')).toEqual([
    'enqueue',
    'claim',
    'progress',
    'complete',
  ])
  const seen = await within(views, BOUND_MS, () => 'the end of watch')
  expect(seen.at(-1)).toMatchObject({ state: 'complete' })
  expect(seen).toContainEqual({ state: 'running', message: 'half way' })
  expect(await job.result(BOUND)).toMatchObject({ pid: worker.pid })
})

/** What a reader sees until it sees the last, or the end. */
async function read<Value, Seen>(
  values: AsyncIterable<Value>,
  see: (value: Value) => Seen,
  isLast: (seen: Seen) => boolean,
): Promise<Seen[]> {
  const all: Seen[] = []
  for await (const value of values) {
    all.push(see(value))
    if (isLast(all.at(-1) as Seen)) break
  }
  return all
}
