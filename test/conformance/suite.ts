import { test as base, describe } from 'vitest'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Store } from '../../src/store/store.ts'
import { startWorker } from '../support/jobs.ts'
import { catalogPromises } from './catalog.ts'
import { claimPromises } from './claim.ts'
import { clockPromises } from './clocks.ts'
import { endedPromises } from './ended.ts'
import { endingPromises } from './endings.ts'
import { enqueuePromises } from './enqueue.ts'
import { feedPromises } from './feed.ts'
import { heldPromises } from './held.ts'
import { jobPromises } from './jobs.ts'
import { lanePromises } from './lanes.ts'
import { lockPromises } from './locks.ts'
import { outagePromises } from './outage.ts'
import { publicPromises } from './promises.ts'
import { queuePromises } from './queues.ts'
import { racePromises } from './races.ts'
import { repeatedPromises } from './repeated.ts'
import { reportPromises } from './report.ts'
import { settlePromises } from './settle.ts'
import { textPromises } from './texts.ts'
import { transactionPromises } from './transactions.ts'
import { upkeepPromises } from './upkeep.ts'
import { workerPromises } from './workers.ts'

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

/** What every store promises. A store's own test file calls this and adds only what is that store's alone. */
export function describeStore(name: string, given: StoreUnderTest): void {
  const test = testOf(given)
  describe(`the ${name} store`, () => {
    describe('the promises', () => publicPromises(test))
    describe('jobs', () => jobPromises(test))
    describe('enqueue', () => enqueuePromises(test))
    describe('claim', () => claimPromises(test))
    describe('lanes', () => lanePromises(test))
    describe('held', () => heldPromises(test))
    describe('repeated', () => repeatedPromises(test))
    describe('settle', () => settlePromises(test))
    describe('report', () => reportPromises(test))
    describe('catalog', () => catalogPromises(test))
    describe('ended', () => endedPromises(test))
    describe('workers', () => workerPromises(test))
    describe('queues', () => queuePromises(test))
    describe('upkeep', () => upkeepPromises(test))
    describe('feed', () => feedPromises(test))
    describe('transactions', () => transactionPromises(test))
    describe('ends of transactions', () => endingPromises(test))
    describe('races', () => racePromises(test))
    describe('texts', () => textPromises(test))
    describe('clocks', () => clockPromises(test))
    describe('outages', () => outagePromises(test))
    describe('locks', () => lockPromises(test))
  })
}

function testOf(given: StoreUnderTest) {
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
