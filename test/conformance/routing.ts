import { expect } from 'vitest'
import { CARE } from '../../src/job/care.ts'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import { withRequirements } from '../../src/job/job-gates.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  loseWorkers,
  newJob,
  RELEASE,
  startWorker,
} from '../support/jobs.ts'
import { atMost } from './limits.ts'
import { doAll } from './operations.ts'
import type { StoreTest } from './store-test.ts'

const able = (...capabilities: string[]) => ({ ability: { capabilities, version: null } })
const ofVersion = (version: string) => ({ ability: { capabilities: [], version } })
export const GPU = able('gpu')

/** A job that requires this of its worker. */
export function requiring(id: string, requirements: string, given: Partial<NewJob> = {}): NewJob {
  const { limits = null, ...rest } = given
  return newJob(id, { ...rest, limits: withRequirements(limits, requirements) })
}

/** Which worker a job goes to. */
export function routingPromises(test: StoreTest): void {
  test('a worker that handles a prefix is given all names that begin so, and no other', async ({
    store,
    worker,
  }) => {
    const names = ['video.youtube.get', 'video.cut', 'videos.cut', 'video', 'audio.cut', 'video_x.cut']
    await enqueue(store, ...names.map((name) => newJob(name, { name })))

    expect(idsOf(await worker.claim({ names: ['video.youtube.*'] }))).toEqual(['video.youtube.get'])
    expect(idsOf(await worker.claim({ names: ['video.*', 'audio.cut', 'video.cut'] }))).toEqual([
      'video.cut',
      'audio.cut',
    ])
    expect(idsOf(await worker.claim())).toEqual(['videos.cut', 'video', 'video_x.cut'])
  })

  test('a prefix is served in the queues of its worker alone', async ({ store, worker }) => {
    const name = 'video.cut'
    await enqueue(store, newJob('a', { name, queue: 'a' }), newJob('b', { name, queue: 'b' }))
    expect(idsOf(await worker.claim({ names: ['video.*'], queues: ['b'] }))).toEqual(['b'])
  })

  test('a job goes to no worker that lacks one of the capabilities it requires', async ({
    store,
    worker,
  }) => {
    await enqueue(store, requiring('picture', 'gpu region:eu'), newJob('plain'))

    expect(idsOf(await worker.claim({ ...GPU, limit: 1 }))).toEqual(['plain'])
    for (const other of [
      {},
      { names: ['test.work'] },
      { names: ['test.*'] },
      GPU,
      able('region:eu'),
      ofVersion('9'),
    ])
      expect(await worker.claim(other)).toEqual([])
    expect(idsOf(await worker.claim({ ...able('gpu', 'other', 'region:eu'), names: ['test.*'] }))).toEqual([
      'picture',
    ])
  })

  test('a job that requires a version goes to the workers of that version and of later ones', async ({
    store,
    worker,
  }) => {
    await enqueue(store, requiring('new', 'version>=2'))
    for (const version of ['1.9.9', '1', 'none']) expect(await worker.claim(ofVersion(version))).toEqual([])
    const [job] = await worker.claim(ofVersion('2.0.1'))
    expect(job).toMatchObject({ id: 'new', name: 'test.work', queue: 'default' })
  })

  test('what requires something has its turn among the others, in the order of all', async ({
    store,
    worker,
  }) => {
    await enqueue(
      store,
      requiring('a', 'gpu', { priority: 3 }),
      newJob('b', { priority: 2 }),
      requiring('c', 'gpu', { priority: 1 }),
    )
    for (const id of ['a', 'b', 'c']) expect(idsOf(await worker.claim({ ...GPU, limit: 1 }))).toEqual([id])
  })

  for (const [how, leave] of Object.entries({
    'fails and is retried': failure('not yet'),
    'is snoozed': { kind: 'snooze', delayMs: 1_000 },
    'is given back': RELEASE,
  } as const)) {
    test(`a job that ${how} still requires what it did`, async ({ store, worker, clock }) => {
      await enqueue(store, requiring('a', 'gpu'))
      const [job] = await worker.claim(GPU)
      if (!job) throw new Error('a job was expected')
      await worker.settle(job, leave)
      await clock.advance(60_000)
      const other = await startWorker(store, 'other')
      expect(await other.claim()).toEqual([])
      expect(idsOf(await other.claim(GPU))).toEqual(['a'])
    })
  }

  test('what was due later requires the same when it is due', async ({ store, worker, clock }) => {
    await enqueue(store, requiring('a', 'gpu', { delayMs: 1_000 }))
    expect(await worker.claim(GPU)).toEqual([])
    await clock.advance(1_000)
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim(GPU))).toEqual(['a'])
  })

  test('what a lost worker ran, and what an operator wants once more, still require it', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, requiring('a', 'gpu'), requiring('b', 'gpu'))
    expect(idsOf(await worker.claim(GPU))).toEqual(['a', 'b'])
    await store.catalog.cancel(['b'], 'no more')
    await loseWorkers(store, clock)
    await store.upkeep.rescue(CRASH_LIMIT)
    await store.catalog.retry(['b'])

    const other = await startWorker(store, 'other')
    expect(await other.claim()).toEqual([])
    expect(idsOf(await other.claim(GPU)).toSorted()).toEqual(['a', 'b'])
  })

  test('a job that is moved, or placed anew, still requires it', async ({ store, worker }) => {
    await enqueue(store, requiring('a', 'gpu'), requiring('b', 'gpu'))
    await doAll(store, { verb: 'move', queue: 'other' }, ['a'])
    await doAll(store, { verb: 'reprioritise', priority: 5 }, ['b'])
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim({ ...GPU, limit: 1 }))).toEqual(['b'])
    expect(idsOf(await worker.claim({ ...GPU, queues: ['other'] }))).toEqual(['a'])
  })

  test('a key that is debounced takes what the newer job requires', async ({ store, worker }) => {
    const keyRule = { keptMs: 0, onConflict: 'debounce' } as const
    await enqueue(store, newJob('a', { key: 'k', keyRule }))
    await enqueue(store, requiring('b', 'gpu', { key: 'k', keyRule }))
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim(GPU))).toEqual(['a'])
  })

  test('limits hold for what requires something', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    const limits = JSON.stringify([['api', 1]])
    await enqueue(store, requiring('a', 'gpu', { limits }), requiring('b', 'gpu', { limits }))
    expect(await worker.claim()).toEqual([])
    const [first, ...others] = await worker.claim(GPU)
    expect([first?.id, others]).toEqual(['a', []])
    if (first) await worker.settle(first, COMPLETE)
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim(GPU))).toEqual(['b'])
  })

  test('a job that has to run alone runs so on a worker that has what it requires', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, requiring('a', 'gpu'))
    for (let crashes = 1; crashes < CRASH_LIMIT; crashes += 1) {
      const victim = await startWorker(store, `victim-${crashes}`)
      expect(idsOf(await victim.claim(GPU))).toEqual(['a'])
      await loseWorkers(store, clock)
      await store.upkeep.rescue(CRASH_LIMIT)
    }
    expect((await find(store, 'a')).care).toBe(CARE.alone)

    const served = { names: null, queues: null }
    expect(await store.jobs.waitsAlone(served)).toBe(false)
    expect(await store.jobs.waitsAlone({ ...served, ...GPU })).toBe(true)
    const fresh = await startWorker(store, 'fresh')
    expect(await fresh.claim({ takesAlone: true })).toEqual([])
    expect(await fresh.claim({ ...GPU, takesAlone: false })).toEqual([])
    expect(idsOf(await fresh.claim({ ...GPU, takesAlone: true }))).toEqual(['a'])
    expect(await worker.claim(GPU)).toEqual([])
  })

  test('a queue that is paused keeps what requires something as well', async ({ store, worker }) => {
    await enqueue(store, requiring('a', 'gpu'))
    await store.queues.pause('default')
    expect(await worker.claim(GPU)).toEqual([])
    await store.queues.resume('default')
    expect(idsOf(await worker.claim(GPU))).toEqual(['a'])
  })

  test('a predicate of a worker is asked about what requires something, too', async ({ store, worker }) => {
    await enqueue(store, requiring('a', 'gpu'), requiring('b', 'gpu'), newJob('c'))
    const asked: string[] = []
    const accepts = ({ id }: { readonly id: string }) => asked.push(id) > 0 && id !== 'a'
    expect(idsOf(await worker.claim({ ...GPU, accepts })).toSorted()).toEqual(['b', 'c'])
    expect(new Set(asked)).toEqual(new Set(['a', 'b', 'c']))
  })

  test('another process sees at once what requires something', async ({ worker, reopen }) => {
    const elsewhere = await reopen()
    expect(await worker.claim(GPU)).toEqual([])
    await enqueue(elsewhere, requiring('a', 'gpu'))
    expect(idsOf(await worker.claim(GPU))).toEqual(['a'])
  })

  test('depths count a name once, whatever its jobs require', async ({ store }) => {
    await enqueue(store, newJob('a'), requiring('b', 'gpu'), requiring('c', 'version>=2'))
    expect(await store.ledger.depths()).toMatchObject([{ queue: 'default', name: 'test.work', pending: 3 }])
  })

  test('what a worker is able to do is kept with it', async ({ store }) => {
    const ability = { capabilities: ['gpu', 'region:eu'], version: '2.1.0' }
    await startWorker(store, 'able', { ability })
    await startWorker(store, 'other')
    const workers = new Map((await store.workers.list()).map((each) => [each.id, each]))
    expect(workers.get('able')?.ability).toEqual(ability)
    expect(workers.get('other')).not.toHaveProperty('ability')
  })
}
