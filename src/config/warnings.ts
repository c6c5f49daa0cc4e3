import { didYouMean } from '../kit/suggest.ts'
import type { Config } from './config.ts'
import type { Problem } from './errors.ts'
import { isDefinition } from './jobs.ts'
import { DEFAULT_STORE } from './options.ts'

/** Handlers share one event loop: past this many, more processes are worth more than more concurrency. */
const CONCURRENCY_ODD = 1_000

/** What is valid and probably not meant. */
export function oddities(config: Config, { jobsRead }: { readonly jobsRead: boolean }): Problem[] {
  return [
    ...aboutStore(config),
    ...aboutWorker(config),
    ...(jobsRead ? [...aboutJobs(config), ...aboutSchedules(config)] : []),
  ]
}

function aboutStore({ store, storeNamed }: Config): Problem[] {
  if (store === 'memory:') {
    const message = "'memory:' lives in one process: no other command sees its jobs, and they end with it"
    return [{ path: 'store', message }]
  }
  const message = `is not set, so that the jobs are in ${DEFAULT_STORE}, which is meant for development`
  return storeNamed ? [] : [{ path: 'store', message }]
}

function aboutWorker({ worker }: Config): Problem[] {
  if (worker.concurrency === undefined || worker.concurrency <= CONCURRENCY_ODD) return []
  const message = `${worker.concurrency} handlers would share one event loop; start more worker processes instead`
  return [{ path: 'worker.concurrency', message }]
}

function aboutJobs({ specs, worker }: Config): Problem[] {
  const none = { path: 'jobs', message: 'there are none: a worker would have nothing to run' }
  if (specs.length === 0) return [none]
  return specs.flatMap((spec): Problem[] => {
    if (!isDefinition(spec)) {
      const message = `'${spec.name}' has no handler: it can be enqueued, but not run from here`
      return [{ path: 'jobs', message }]
    }
    if (worker.queues === undefined || worker.queues.includes(spec.queue)) return []
    const message = `'${spec.name}' goes to queue '${spec.queue}', which worker.queues leaves out`
    return [{ path: 'worker.queues', message }]
  })
}

/** A worker that starts where nobody knows the job is refused: another one has to have told it before. */
function aboutSchedules({ specs, schedules }: Config): Problem[] {
  const known = new Set(specs.map(({ name }) => name))
  return Object.entries(schedules).flatMap(([name, { job }]): Problem[] => {
    if (typeof job !== 'string' || known.has(job)) return []
    const message = `its job '${job}' is none of 'jobs': a worker starts only where another one has told it${didYouMean(job, [...known])}`
    return [{ path: `schedules.${name}`, message }]
  })
}
