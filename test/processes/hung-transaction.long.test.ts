import { expect } from 'vitest'
import { test as onPostgres } from './postgres-scene.ts'
import { test as onSqlite } from './scene.ts'
import { scripted } from './script.ts'
import { BOUND, type ScriptedJob, type Stage, times } from './stage.ts'

/** More than there are turns for transactions. */
const MANY = 8

/** What these tests need of a scene, on either store. */
interface Shop extends Stage {
  prepareEffects(): unknown
  effects(): Awaitable<{ readonly transaction: Map<string, number> }>
}

type Awaitable<Value> = Value | Promise<Value>

for (const [store, test] of [
  ['SQLite', onSqlite as unknown as typeof onPostgres],
  ['PostgreSQL', onPostgres],
] as const) {
  test(`a worker whose handlers hang in their transactions ends at SIGTERM and leaves nothing of them: ${store}`, async ({
    scene,
    queue,
  }) => {
    const shop: Shop = scene
    await shop.prepareEffects()
    const options = { concurrency: MANY, stopTimeout: '200ms', abortGrace: '300ms' } as const
    const worker = await shop.worker(options)
    const jobs = await queue.enqueueMany(scripted, times(MANY, { act: 'hang' }))
    await worker.next('running')

    expect(await worker.end('SIGTERM')).toEqual({ code: 0, signal: null })
    for (const job of jobs as ScriptedJob[]) {
      expect(await job.get()).toMatchObject({ state: 'pending', attempt: 0, crashes: 0, errors: [] })
    }
    expect((await shop.effects()).transaction).toEqual(new Map())
    expect(await queue.workers()).toEqual([])
  })

  test(`one that hangs past its timeout is in nobody's way after that, and runs again: ${store}`, async ({
    scene,
    queue,
  }) => {
    const shop: Shop = scene
    await shop.prepareEffects()
    const worker = await shop.worker({ concurrency: MANY, abortGrace: '100ms' })
    const hung = times(MANY, { act: 'hang', once: true })
    const jobs = await queue.enqueueMany(scripted, hung, { timeout: '200ms', retries: 20 })
    await worker.next('running')

    const last = await queue.enqueue(scripted, { act: 'transaction' })
    expect(await last.result(BOUND)).toMatchObject({ pid: worker.pid })
    for (const job of jobs as ScriptedJob[]) {
      await job.result(BOUND)
      const { errors } = await job.get()
      expect(new Set(errors.map(({ kind }) => kind))).toEqual(new Set(['timeout']))
    }
    expect((await shop.effects()).transaction).toEqual(new Map([[last.id, 1]]))
  })
}
