import type { NewJob } from '../../src/job/new-job.ts'
import type { Store } from '../../src/store/store.ts'
import { inStore, type Planted } from './plant.ts'

/** What is refused since the schedule has moved on is taken for something that was not done: its jobs are made once more. */
const onceMore: Planted = {
  fault: 'a tick that is enqueued twice when its answer was lost',
  store: 'memory',
  found: /is enqueued again|made \S+ without a word/,
  plant: inSchedules(({ schedules, jobs }) => ({
    advance: async (step, given, pendingMax) => {
      if (await schedules.advance(step, given, pendingMax)) return true
      if (given.length > 0) await jobs.insert(given.map(another), pendingMax)
      return given.length > 0
    },
  })),
}

function another(job: NewJob): NewJob {
  return { ...job, id: `${job.id.slice(0, -1)}${job.id.endsWith('0') ? '1' : '0'}` }
}

/** Of so many ticks one. */
const NOW_AND_THEN = 5

const passedOver: Planted = {
  fault: 'a tick that is passed over now and then',
  store: 'memory',
  found: /was enqueued and is not there|lost/,
  plant: inSchedules(({ schedules }) => {
    let ticks = 0
    return {
      advance: (step, given, pendingMax) => {
        ticks += 1
        return schedules.advance(step, ticks % NOW_AND_THEN > 0 ? given : [], pendingMax)
      },
    }
  }),
}

const runsBeside: Planted = {
  fault: 'a tick that is skipped for no job, and runs beside that of an earlier one',
  store: 'memory',
  found: /has enqueued a job, though/,
  plant: inStore(({ catalog }) => ({
    catalog: {
      ...catalog,
      get: async (ids) => (await catalog.get(ids)).filter(({ tags }) => !tags?.includes('schedule:')),
    },
  })),
}

function inSchedules(change: (store: Store) => Partial<Store['schedules']>) {
  return inStore((store) => ({ schedules: { ...store.schedules, ...change(store) } }))
}

export const IN_TICKING: readonly Planted[] = [onceMore, passedOver, runsBeside]
