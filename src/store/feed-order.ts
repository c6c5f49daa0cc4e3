import { deferred } from '../kit/deferred.ts'
import type { Store } from './store.ts'

/**
 * The store, with what this process asks for after a new subscription coming after that: over two connections, an enqueue might
 * be committed before the subscription that was made before it, and that would never tell of it. It goes around each try by
 * itself, so that a store that is away keeps nobody longer than it would anyway.
 */
export function inFeedOrder(store: Store): Store {
  const { feed, jobs, catalog, operations } = store
  const known = new Set<string>()
  const underWay = new Set<Promise<void>>()
  const after = <Given extends unknown[], Result>(call: (...given: Given) => Promise<Result>) => {
    return async (...given: Given): Promise<Result> => {
      if (underWay.size > 0) await Promise.all(underWay)
      return call(...given)
    }
  }
  return {
    ...store,
    feed: {
      ...feed,
      async subscribe(subscriber, leaseMs) {
        if (known.has(subscriber)) return feed.subscribe(subscriber, leaseMs)
        const announced = deferred<void>()
        underWay.add(announced.promise)
        try {
          const cursor = await feed.subscribe(subscriber, leaseMs, announced.resolve)
          known.add(subscriber)
          return cursor
        } finally {
          announced.resolve()
          underWay.delete(announced.promise)
        }
      },
      unsubscribe(subscriber) {
        known.delete(subscriber)
        return feed.unsubscribe(subscriber)
      },
    },
    jobs: { ...jobs, insert: after(jobs.insert) },
    catalog: { ...catalog, cancel: after(catalog.cancel), retry: after(catalog.retry) },
    operations: { ...operations, step: after(operations.step) },
  }
}
