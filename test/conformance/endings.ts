import { expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { deferred } from '../../src/kit/deferred.ts'
import type { Store, StoreTransaction } from '../../src/store/store.ts'
import { COMPLETE, enqueue, find, newJob, settlement } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** More transactions than any store has turns for. */
const MANY = 20

/** A transaction whose body is not Millhand's, and may wait for ever. */
export function endingPromises(test: StoreTest): void {
  test('a transaction whose signal aborts is undone at once, whatever its body waits for', async ({
    store,
    worker,
  }) => {
    const hung = await hang(store, (tx) => tx.insert([newJob('never', { key: 'k' })], PENDING_MAX))
    hung.abort()

    await expect(hung.result).rejects.toThrow('its time is over')
    expect(await enqueue(store, newJob('a', { key: 'k' }))).toEqual([{ id: 'a', existed: false }])
    expect((await worker.claim()).map(({ id }) => id)).toEqual(['a'])
  })

  test('what its body does in it after that is refused, and is no part of the next one', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const { seq, id, epoch } = job
    const written = settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() })
    const hung = await hang(store)
    hung.abort()
    await expect(hung.result).rejects.toThrow('its time is over')

    await store.transaction(async () => {
      const late = [
        () => hung.tx.insert([newJob('late')], PENDING_MAX),
        () => hung.tx.settle([written]),
        () => hung.tx.report([{ seq, id, epoch, worker: 'first', progress: { fraction: 1 } }]),
        () => store.insertIn(hung.tx.handle, [newJob('late')], PENDING_MAX),
      ]
      for (const call of late) await expect(call()).rejects.toMatchObject({ code: 'foreign_transaction' })
    })
    expect(await store.catalog.count({})).toBe(1)
    expect(await find(store, 'a')).toMatchObject({ state: 'running', progress: null })
  })

  test('so is what a body does that has ended well', async ({ store }) => {
    const ended = await store.transaction(async (tx) => tx)

    await store.transaction(async () => {
      const late = ended.insert([newJob('late')], PENDING_MAX)
      await expect(late).rejects.toMatchObject({ code: 'foreign_transaction' })
    })
    expect(await store.catalog.count({})).toBe(0)
  })

  test('a signal that has aborted before lets nothing begin', async ({ store }) => {
    const begun: string[] = []
    const signal = AbortSignal.abort(new Error('too late'))
    const never = store.transaction(async () => begun.push('begun'), { signal })

    await expect(never).rejects.toThrow('too late')
    expect(begun).toEqual([])
  })

  test('one that aborts after the commit changes nothing', async ({ store }) => {
    const controller = new AbortController()
    await store.transaction((tx) => tx.insert([newJob('a')], PENDING_MAX), { signal: controller.signal })
    controller.abort()

    expect(await find(store, 'a')).toMatchObject({ state: 'pending' })
  })

  test('however many hang, each gives its turn back when its signal aborts', async ({ store }) => {
    const [first, ...others] = Array.from({ length: MANY }, () => new Hung(store, async () => {}))
    await first?.begun
    const last = store.transaction((tx) => tx.insert([newJob('a')], PENDING_MAX))
    // Those that wait for their turn leave the line as those go that have begun.
    for (const hung of [...others, first]) {
      hung?.abort()
      await expect(hung?.result).rejects.toThrow('its time is over')
    }

    expect(await last).toEqual([{ id: 'a', existed: false }])
  })

  test('a store closes though transactions never end', async ({ store }) => {
    const hung = hangMany(store)
    await anyOf(hung)
    await store.close()

    for (const { result } of hung) await expect(result).rejects.toMatchObject({ code: 'store_closed' })
  })

  test('nothing of them is left, for whoever opens it again', async ({ store, reopen }) => {
    const other = await reopen()
    await anyOf(hangMany(store))
    await store.close()

    expect(await enqueue(other, newJob('a', { key: 'k' }))).toEqual([{ id: 'a', existed: false }])
    expect(await other.catalog.count({})).toBe(1)
  })
}

/** Whichever of them is the first to have the key: the others wait for it. */
function anyOf(hung: readonly Hung[]): Promise<unknown> {
  return Promise.race(hung.map(({ begun }) => begun))
}

/** A transaction with a body that writes something and then never ends. */
class Hung {
  readonly result: Promise<never>
  readonly begun: Promise<StoreTransaction>
  readonly #controller = new AbortController()

  constructor(store: Store, write: (tx: StoreTransaction) => Promise<unknown>) {
    const { promise, resolve } = deferred<StoreTransaction>()
    this.begun = promise
    const { signal } = this.#controller
    this.result = store.transaction(
      async (tx) => {
        await write(tx)
        resolve(tx)
        return deferred<never>().promise
      },
      { signal },
    )
    this.result.catch(() => {})
  }

  abort(): void {
    this.#controller.abort(new Error('its time is over'))
  }
}

function hangMany(store: Store): Hung[] {
  return Array.from({ length: MANY }, (_, index) => {
    return new Hung(store, (tx) => tx.insert([newJob(`${index}`, { key: 'k' })], PENDING_MAX))
  })
}

async function hang(store: Store, write: (tx: StoreTransaction) => Promise<unknown> = async () => {}) {
  const hung = new Hung(store, write)
  const tx = await hung.begun
  return { result: hung.result, abort: () => hung.abort(), tx }
}
