import { test as base } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Store } from '../../src/store/store.ts'
import { startWorker } from '../support/jobs.ts'

/** How long the stores of the suite wait for transactions when they are closed: no test needs more. */
export const CLOSE_WAIT_MS = 100

/** How the suite gets at a store. */
export interface StoreUnderTest {
  /** Opens an empty store. */
  open(clock: VirtualClock): Promise<Store> | Store
  /** Opens the data of `store` once more, as another process does; left out where there can be no other. */
  reopen?(store: Store, clock: VirtualClock): Promise<Store> | Store
}

/** `test`, with what a case asks for by name: made for this case alone, and closed when it has ended. */
export type StoreTest = ReturnType<typeof testOf>

/** The `test` of one store. */
export function testOf(given: StoreUnderTest) {
  return base
    .extend('clock', () => new VirtualClock())
    .extend('store', async ({ clock }, { onCleanup }) => {
      const store = await given.open(clock)
      onCleanup(() => store.close())
      return store
    })
    .extend('worker', ({ store }) => startWorker(store, 'first'))
    .extend('reopen', ({ store, clock, skip }, { onCleanup }) => {
      const { reopen } = given
      if (!reopen) return skip('this store keeps its data in one process: nobody else can open it')
      return async () => {
        const reopened = await reopen(store, clock)
        onCleanup(() => reopened.close())
        return reopened
      }
    })
}
