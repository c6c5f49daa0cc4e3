import { describe } from 'vitest'
import { backlogPromises } from './backlog.ts'
import { cachePromises } from './caches.ts'
import { catalogPromises } from './catalog.ts'
import { claimPromises } from './claim.ts'
import { clockPromises } from './clocks.ts'
import { deadlinePromises } from './deadlines.ts'
import { endedPromises } from './ended.ts'
import { endingPromises } from './endings.ts'
import { enqueuePromises } from './enqueue.ts'
import { feedPromises } from './feed.ts'
import { fullQueuePromises } from './full-queues.ts'
import { groupPromises } from './groups.ts'
import { heldPromises } from './held.ts'
import { jobPromises } from './jobs.ts'
import { keyConflictPromises } from './key-conflicts.ts'
import { keyPromises } from './keys.ts'
import { lanePromises } from './lanes.ts'
import { ledgerPromises } from './ledger.ts'
import { limitPromises } from './limits.ts'
import { lockPromises } from './locks.ts'
import { operationPromises } from './operations.ts'
import { gatedOperationPromises } from './operations-at-gates.ts'
import { orderPromises } from './order.ts'
import { outagePromises } from './outage.ts'
import { publicPromises } from './promises.ts'
import { queueLimitPromises } from './queue-limits.ts'
import { queuePromises } from './queues.ts'
import { racePromises } from './races.ts'
import { ratePromises } from './rates.ts'
import { repeatedPromises } from './repeated.ts'
import { reportPromises } from './report.ts'
import { routingPromises } from './routing.ts'
import { scheduleControlPromises } from './schedule-control.ts'
import { schedulePromises } from './schedules.ts'
import { settlePromises } from './settle.ts'
import { sizePromises } from './size.ts'
import { type StoreUnderTest, testOf } from './store-test.ts'
import { textPromises } from './texts.ts'
import { transactionPromises } from './transactions.ts'
import { upkeepPromises } from './upkeep.ts'
import { weightedPromises } from './weighted.ts'
import { workerPromises } from './workers.ts'

/** What every store promises. A store's own test file calls this and adds only what is that store's alone. */
export function describeStore(name: string, given: StoreUnderTest): void {
  const test = testOf(given)
  describe(`the ${name} store`, () => {
    describe('the promises', () => publicPromises(test))
    describe('jobs', () => jobPromises(test))
    describe('enqueue', () => enqueuePromises(test))
    describe('keys', () => keyPromises(test))
    describe('keys that are held', () => keyConflictPromises(test))
    describe('claim', () => claimPromises(test))
    describe('lanes', () => lanePromises(test))
    describe('routing', () => routingPromises(test))
    describe('limits', () => limitPromises(test))
    describe('limits of queues', () => queueLimitPromises(test))
    describe('rates', () => ratePromises(test))
    describe('caches', () => cachePromises(test))
    describe('held', () => heldPromises(test))
    describe('repeated', () => repeatedPromises(test))
    describe('settle', () => settlePromises(test))
    describe('report', () => reportPromises(test))
    describe('catalog', () => catalogPromises(test))
    describe('ended', () => endedPromises(test))
    describe('workers', () => workerPromises(test))
    describe('queues', () => queuePromises(test))
    describe('sizes of queues', () => sizePromises(test))
    describe('orders', () => orderPromises(test))
    describe('weighted queues', () => weightedPromises(test))
    describe('groups', () => groupPromises(test))
    describe('full queues', () => fullQueuePromises(test))
    describe('backlog', () => backlogPromises(test))
    describe('ledger', () => ledgerPromises(test))
    describe('schedules', () => schedulePromises(test))
    describe('control of schedules', () => scheduleControlPromises(test))
    describe('operations', () => operationPromises(test))
    describe('operations at gates', () => gatedOperationPromises(test))
    describe('upkeep', () => upkeepPromises(test))
    describe('deadlines', () => deadlinePromises(test))
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
