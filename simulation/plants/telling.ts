import { inJobs, inStore, type Planted } from './plant.ts'

/** Of so many claims one, or of so many changes one. */
const NOW_AND_THEN = 5

const passesOver: Planted = {
  fault: 'a claim that passes over the best jobs now and then',
  store: 'memory',
  found: /passed over/,
  plant: inJobs(({ jobs }) => {
    let claims = 0
    return {
      claim: async (request) => {
        claims += 1
        const [name = ''] = request.names ?? []
        return jobs.claim(claims % NOW_AND_THEN > 0 ? request : { ...request, names: [name] })
      },
    }
  }),
}

const forgets: Planted = {
  fault: 'a feed that leaves out a change now and then',
  store: 'memory',
  found: /nobody heard of the end/,
  plant: inStore(({ feed }) => ({
    feed: {
      ...feed,
      changesAfter: async (...given) =>
        (await feed.changesAfter(...given)).filter(({ cursor }) => cursor % NOW_AND_THEN > 0),
    },
  })),
}

const repeats: Planted = {
  fault: 'a feed that tells the last change again',
  store: 'memory',
  found: /which was complete/,
  plant: inStore(({ feed }) => ({
    feed: { ...feed, changesAfter: (cursor, limit) => feed.changesAfter(cursor - 1, limit) },
  })),
}

export const IN_TELLING: readonly Planted[] = [passesOver, forgets, repeats]
