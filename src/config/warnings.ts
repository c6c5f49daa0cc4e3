import { bareDurations, isBare } from '../job/bare-durations.ts'
import { handlesName } from '../job/handled-names.ts'
import { parseRetention } from '../job/retention.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { formatDuration } from '../kit/duration.ts'
import { didYouMean } from '../kit/suggest.ts'
import { kindOf } from '../store/url.ts'
import { batchesTooLarge, parseWorkerOptions } from '../worker/options.ts'
import type { Config } from './config.ts'
import type { Problem } from './errors.ts'
import { isDefinition } from './jobs.ts'
import { DEFAULT_STORE, OPTIONS } from './options.ts'
import { aboutRouting } from './routing-warnings.ts'

/** Handlers share one event loop: past this many, more processes are worth more than more concurrency. */
const CONCURRENCY_ODD = 1_000

interface Found {
  /** Whether the modules with the jobs were loaded. */
  readonly jobsRead: boolean
  /** Whether the client of PostgreSQL is installed: asked only where it is needed. */
  readonly hasDriver: () => boolean
}

/** What is valid and probably not meant. */
export function oddities(config: Config, { jobsRead, hasDriver }: Found): Problem[] {
  const always = [
    ...aboutStore(config),
    ...aboutDriver(config, hasDriver),
    ...aboutWorker(config),
    ...aboutDurations(config),
  ]
  return [
    ...always,
    ...(jobsRead
      ? [...aboutJobs(config), ...aboutBatches(config), ...aboutSchedules(config), ...aboutRouting(config)]
      : []),
  ]
}

function aboutDurations(config: Config): Problem[] {
  return OPTIONS.flatMap(({ section, name, path, field }) => {
    if (!field.isDuration || section === 'top') return []
    const value = (config[section] as Record<string, unknown>)[name]
    return isBare(value) ? [{ path, message: `is ${inWords(value)}` }] : []
  })
}

function inWords(given: number): string {
  return `${given}, which is ${given} ms; write '${given}s' if seconds are meant, else '${given}ms'`
}

function aboutStore({ store, storeNamed }: Config): Problem[] {
  if (store === 'memory:') {
    const message = "'memory:' lives in one process: no other command sees its jobs, and they end with it"
    return [{ path: 'store', message }]
  }
  const message = `is not set, so that the jobs are in ${DEFAULT_STORE}, which is meant for development`
  return storeNamed ? [] : [{ path: 'store', message }]
}

/** The configuration is right, and nothing that opens its store can do so here. */
function aboutDriver({ store }: Config, hasDriver: Found['hasDriver']): Problem[] {
  if (kindOf(store) !== 'postgres' || hasDriver()) return []
  return [{ path: 'store', message: "is PostgreSQL, whose client is not installed here: 'npm install pg'" }]
}

function aboutWorker({ worker: { concurrency = 0, setup, teardown } }: Config): Problem[] {
  const crowd = `${concurrency} handlers would share one event loop; start more worker processes instead`
  const idle = 'it would never be called: there is no worker.setup that gives it anything to end'
  return [
    ...(concurrency > CONCURRENCY_ODD ? [{ path: 'worker.concurrency', message: crowd }] : []),
    ...(teardown && !setup ? [{ path: 'worker.teardown', message: idle }] : []),
  ]
}

function aboutJobs({ specs, worker, retention }: Config): Problem[] {
  const none = { path: 'jobs', message: 'there are none: a worker would have nothing to run' }
  if (specs.length === 0) return [none]
  return specs.flatMap((spec) => [
    ...aboutTimes(spec),
    ...aboutCache(spec, retention),
    ...aboutJob(spec, worker),
  ])
}

function aboutTimes(spec: AnyJobSpec): Problem[] {
  const bare = bareDurations(spec).filter(([, ms]) => isBare(ms))
  return bare.map(([option, ms]) => ({
    path: 'jobs',
    message: `'${spec.name}' has ${option}: ${inWords(ms)}`,
  }))
}

/** A result is gone with its job. */
function aboutCache({ name, cache }: AnyJobSpec, retention: Config['retention']): Problem[] {
  const { complete } = parseRetention(retention)
  if (!cache || cache.ttlMs <= complete) return []
  const ttl = formatDuration(cache.ttlMs)
  const message = `is ${formatDuration(complete)}: results of '${name}' are gone then, before its cache's ttl of ${ttl} is over`
  return [{ path: 'retention.complete', message }]
}

function aboutJob(spec: AnyJobSpec, worker: Config['worker']): Problem[] {
  if (!isDefinition(spec)) {
    const message = `'${spec.name}' has no handler: it can be enqueued, but not run from here`
    return [{ path: 'jobs', message }]
  }
  if (worker.queues === undefined || worker.queues.includes(spec.queue)) return []
  const message = `'${spec.name}' goes to queue '${spec.queue}', which worker.queues leaves out`
  return [{ path: 'worker.queues', message }]
}

/** A program that runs none of them need not have the concurrency of its workers. */
function aboutBatches({ worker, roles, definitions }: Config): Problem[] {
  const settings = parseWorkerOptions({ ...worker, roles, jobs: definitions })
  return batchesTooLarge(settings).map(({ name, size, concurrency }) => {
    const message = `is ${concurrency}, and the runMany of '${name}' takes up to ${size} jobs: a worker would be refused`
    return { path: 'worker.concurrency', message }
  })
}

/** A worker that starts where nobody knows the job is refused: another one has to have told it before. */
function aboutSchedules({ specs, schedules }: Config): Problem[] {
  const known = specs.map(({ name }) => name)
  return Object.entries(schedules).flatMap(([name, { job }]): Problem[] => {
    if (typeof job !== 'string' || handlesName(known, job)) return []
    const message = `its job '${job}' is none of 'jobs': a worker with this schedule starts only once another worker, which has that job, has started on the same store.${didYouMean(job, known)}`
    return [{ path: `schedules.${name}`, message }]
  })
}
