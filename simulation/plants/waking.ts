import { inJobs, type Planted } from './plant.ts'

const onlyAhead: Planted = {
  fault: 'a time of the next job that looks only ahead, past what has become due in between',
  store: 'memory',
  found: /is still pending/,
  plant: inJobs(({ jobs, now }) => ({
    nextDueAt: async () => {
      const [next, nowMs] = [await jobs.nextDueAt(), await now()]
      return next !== null && next <= nowMs ? null : next
    },
  })),
}

const never: Planted = {
  fault: 'a worker that is not told when the next job is due',
  store: 'memory',
  found: /is still pending/,
  plant: inJobs(() => ({ nextDueAt: async () => null })),
}

const deaf: Planted = {
  fault: 'a wake-up that is lost',
  store: 'memory',
  found: /is still pending/,
  plant: (connection) => ({ ...connection, isDeaf: true }),
}

export const IN_WAKING: readonly Planted[] = [onlyAhead, never, deaf]
