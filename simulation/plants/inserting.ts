import { isFinal } from '../../src/job/state.ts'
import { nextTurn } from '../../src/kit/turn.ts'
import { inJobs, inStore, type Planted } from './plant.ts'

/** Of so many inserts one is forgotten. */
const FORGOTTEN = 8

const forgets: Planted = {
  fault: 'an insert that is acknowledged and forgotten now and then',
  store: 'memory',
  found: /jobs\.insert lost/,
  plant: inJobs(({ jobs }) => {
    let calls = 0
    return {
      insert: async (given, pendingMax) => {
        calls += 1
        if (calls % FORGOTTEN > 0) return jobs.insert(given, pendingMax)
        return given.map(({ id }) => ({ id, existed: false }))
      },
    }
  }),
}

/** Nothing is wrong with it as long as the process lives: what it wrote comes a moment later. */
const acknowledgesEarly: Planted = {
  fault: 'an insert that is acknowledged before it is committed',
  store: 'sqlite',
  found: /jobs\.insert lost/,
  plant: inJobs(({ jobs }) => ({
    insert: async (given, pendingMax) => {
      if (given.some(({ key }) => key !== null)) return jobs.insert(given, pendingMax)
      void nextTurn()
        .then(nextTurn)
        .then(() => jobs.insert(given, pendingMax))
        .catch(() => {})
      return given.map(({ id }) => ({ id, existed: false }))
    },
  })),
}

/** A call that is made again finds its job, and takes its key once more: nobody gives it back. Now and then one is, for no reason. */
const takesKeyAgain: Planted = {
  fault: 'a key that is taken again by an insert that is made again, after its job has ended',
  store: 'memory',
  found: /was refused for \S+, which does not hold it/,
  plant: inJobs(({ jobs, catalog }) => {
    const taken = new Map<string, string>()
    let calls = 0
    let earlier: readonly string[] = []
    return {
      insert: async (given, pendingMax) => {
        calls += 1
        const again = calls % FORGOTTEN === 0 ? earlier : []
        earlier = given.map(({ id }) => id)
        const stored = await catalog.get([...earlier, ...again])
        for (const { id, key, state } of stored) if (key !== null && isFinal(state)) taken.set(key, id)
        const answers = await jobs.insert(
          given.filter(({ key }) => !taken.has(`${key}`)),
          pendingMax,
        )
        const left = [...answers]
        return given.map(({ key, id }) => {
          const holder = taken.get(`${key}`)
          return holder === undefined
            ? (left.shift() ?? { id, existed: false })
            : { id: holder, existed: true }
        })
      },
    }
  }),
}

/** What is said of a key is read, and then not minded. */
const keepsNoKey: Planted = {
  fault: 'a key that is let go of with its job, though it is kept for ever',
  store: 'memory',
  found: /was given to \S+, though \S+ keeps it/,
  plant: inJobs(({ jobs }) => ({
    insert: (given, pendingMax) =>
      jobs.insert(
        given.map((job) => ({ ...job, keyRule: job.keyRule && { ...job.keyRule, keptMs: 0 } })),
        pendingMax,
      ),
  })),
}

const freesNoKey: Planted = {
  fault: 'a key that is kept although it was freed',
  store: 'sqlite',
  found: /was refused for \S+, which does not hold it/,
  plant: inStore(({ catalog }) => ({ catalog: { ...catalog, freeKey: async () => [] } })),
}

export const IN_INSERTING: readonly Planted[] = [
  forgets,
  acknowledgesEarly,
  takesKeyAgain,
  keepsNoKey,
  freesNoKey,
]
