import type { JobState } from './state.ts'

/**
 * What other queues call what is an option or a state here, in small letters: whoever comes from one is told at the first
 * slip what it is called.
 */

const RUN = " Did you mean 'run'?"
const RUN_MANY = ' Did you mean runMany: { size: 100, run: async (jobs) => … }?'
const SIZE = " Did you mean 'size'?"
const WAIT = " Did you mean 'wait'?"
const RETRIES = " Did you mean 'retries'? These do not count the first attempt."
const RETRIES_AFTER = " Did you mean 'retries'?"
const BACKOFF = " Did you mean backoff: { kind: 'exponential', base: '2s' }?"
const INPUT = " Did you mean 'input'?"
const INPUT_BEFORE = ' The input is the second argument, before the options.'
const KEY = " Did you mean 'key'?"
const KEYS_KEPT = " Did you mean 'key' with a 'keyScope', which holds it for so long?"
const CONFLICT = " Did you mean 'onConflict': 'existing', 'reject', 'replace' or 'debounce', beside a 'key'?"
const DEBOUNCE = " Did you mean 'key' and 'delay', with onConflict: 'debounce'?"
const DUE = " Did you mean 'delay' or 'runAt'?"

const REPEATS = ' Did you mean queue.schedules.set(name, { job, cron })?'
const RETRIES_OF_JOB = " Retries are of each job: 'retries' of defineJob, or of enqueue."
const LEASE = " Did you mean 'lease'?"
const RETENTION = " Did you mean 'retention'?"
const AROUND_ENQUEUE =
  " Did you mean 'aroundEnqueue'? What is around handlers is an option of the worker: 'aroundRun'."
const AROUND_RUN =
  " Did you mean 'aroundRun'? What is around enqueues is an option of openQueue: 'aroundEnqueue'."
const FIRST = ' What to open is the first argument, before the options.'

const LIMIT = ' Did you mean limits: [{ key: (input) => input.userId, concurrency: 2 }]?'
const SLOTS = `${LIMIT} It holds in all processes; 'concurrency' of a worker is how many it runs itself.`
const RATE = " Did you mean limits: [{ key: 'api', rate: { count: 60, per: '1m' } }]?"
const LIMITS_OF_ALL =
  " Did you mean limits: [{ key: 'api', rate: { count: 60, per: '1m' } }]? They hold for all jobs."
const LIMITS_OF_JOB = " Limits are of each job: 'limits' of defineJob, or of enqueue."
const GROUP = " Did you mean 'group'? The groups of a queue take turns."
const GROUPS_OF_JOB = " Groups are of each job: 'group' of defineJob, or of enqueue."
const CONCURRENCY = " Did you mean 'concurrency'?"
const RATE_PART = " Did you mean rate: { count: 60, per: '1m' }?"
const LIMIT_KEY = ' Did you mean key: (input) => input.userId?'
const TTL = " Did you mean 'ttl'?"
const CACHE_KEY = " Did you mean 'key'?"
const CACHE = " Did you mean cache: { key: (input) => input.path, ttl: '1h' }?"
const PER = " Did you mean 'per'?"
const COUNT = " Did you mean 'count'?"

/** Options that hold jobs back, by what they hold to. */
const LIMITERS: Readonly<Record<string, string>> = {
  ...{ concurrency: SLOTS, localconcurrency: SLOTS, maxconcurrency: SLOTS, concurrencylimit: SLOTS },
  ...{ groupconcurrency: LIMIT, concurrencykey: LIMIT, limit: LIMIT },
  ...{ limiter: RATE, ratelimit: RATE, ratelimits: RATE, throttle: RATE },
}

/** What says whose a job is. */
const GROUPS: Readonly<Record<string, string>> = {
  ...{ tenant: GROUP, tenantid: GROUP, groupid: GROUP, groupkey: GROUP, fairnesskey: GROUP, fairness: GROUP },
}

/** Parts of a limit. */
export const LIMIT_HINTS: Readonly<Record<string, string>> = {
  ...{ limit: CONCURRENCY, max: CONCURRENCY, maxruns: CONCURRENCY, slots: CONCURRENCY },
  ...{ count: RATE_PART, per: RATE_PART, duration: RATE_PART, period: RATE_PART, ratelimit: RATE_PART },
  ...{ expression: LIMIT_KEY, group: LIMIT_KEY, scope: LIMIT_KEY },
}

/** Parts of a `cache`. */
export const CACHE_HINTS: Readonly<Record<string, string>> = {
  ...{ maxage: TTL, expiry: TTL, expires: TTL, expiresin: TTL, for: TTL, duration: TTL, retention: TTL },
  ...{ id: CACHE_KEY, cachekey: CACHE_KEY, by: CACHE_KEY, hash: CACHE_KEY },
}

/** Parts of a `runMany`. */
export const RUN_MANY_HINTS: Readonly<Record<string, string>> = {
  ...{ batchsize: SIZE, max: SIZE, maxsize: SIZE, count: SIZE, limit: SIZE },
  ...{ timeout: WAIT, delay: WAIT, linger: WAIT, maxwait: WAIT, interval: WAIT },
  ...{ handler: RUN, process: RUN, processor: RUN, perform: RUN, execute: RUN },
}

/** Parts of a `rate`. */
export const RATE_HINTS: Readonly<Record<string, string>> = {
  ...{ max: COUNT, limit: COUNT },
  ...{ duration: PER, period: PER, interval: PER, window: PER, every: PER },
}
/** The same hint for several names, which are taken in small letters. */
function each(names: string, hint: (name: string) => string): Readonly<Record<string, string>> {
  return Object.fromEntries(names.split(' ').map((name) => [name.toLowerCase(), hint(name)]))
}

/** Options of one thing that are given to another. */
const OF_DEFINITION = each(
  'backoff retryOn stopOn classifyError stallTimeout cleanup output checkpoint cache runMany',
  (name) => ` It is of the definition: defineJob({ name, ${name} }).`,
)
const OF_ENQUEUE = each(
  'key delay runAt tags context tx',
  (name) => ` It is of each job: queue.enqueue(job, input, { ${name} }).`,
)
const OF_WORKER = each(
  'concurrency retention lease beat pollInterval stopTimeout abortGrace blockedLimit crashLimit schedules fallback canProcess',
  (name) => ` It is of a worker: new Worker(queue, { jobs, ${name} }).`,
)
const OF_QUEUE = each(
  'pendingMax busyTimeout enqueueTimeout openTimeout postgres schema notify migrate logger clock',
  (name) => ` It is of the queue: openQueue(store, { ${name} }).`,
)
const OF_SCHEDULED = each(
  'limits group requires',
  (name) => ` It is of the definition: defineJob({ name, ${name} }).`,
)
const TICKS_ONCE =
  " Each tick is one job without it; 'overlap' says what a tick does while an earlier job is unfinished."
const STEP = " Did you mean 'step'? By that, a parent that runs again finds this child."
const RETRYING = each('retry retryLimit retryCount maxRetries', () => RETRIES_AFTER)
const TIMES = each('repeat cron every', () => REPEATS)
const PAYLOAD = each('data payload', () => INPUT)

/** Parts of an item of `enqueueMany`. */
export const ITEM_HINTS: Readonly<Record<string, string>> = {
  ...each(
    'key group delay runAt tags context tx priority queue retries timeout expiresIn',
    (name) => ` Did you mean options: { ${name} }?`,
  ),
  ...each('definition name spec', () => " Did you mean 'job'?"),
  ...PAYLOAD,
}

/** Options of a definition. */
export const DEFINITION_HINTS: Readonly<Record<string, string>> = {
  ...{ handler: RUN, process: RUN, processor: RUN, perform: RUN, execute: RUN },
  ...each('batch batchSize runBatch handleMany processMany', () => RUN_MANY),
  ...{ attempts: RETRIES, maxattempts: RETRIES, max_attempts: RETRIES, ...RETRYING },
  ...each('retryDelay retryBackoff', () => BACKOFF),
  ...each('schema inputSchema', () => INPUT),
  ...each('outputSchema', () => " Did you mean 'output'?"),
  ...each('memoize memo cached cacheKey cacheTtl resultCache', () => CACHE),
  ...{ ...OF_WORKER, ...OF_ENQUEUE, ...TIMES, ...PAYLOAD },
  ...{ ...LIMITERS, ...GROUPS },
}

/** Options of one enqueue. */
export const ENQUEUE_HINTS: Readonly<Record<string, string>> = {
  ...{ ...OF_WORKER, ...OF_DEFINITION, ...TIMES },
  ...{ attempts: RETRIES, maxattempts: RETRIES, max_attempts: RETRIES, ...RETRYING },
  ...{ data: INPUT_BEFORE, payload: INPUT_BEFORE },
  ...{ jobid: KEY, jobkey: KEY, singletonkey: KEY, deduplicationid: KEY, unique: KEY },
  ...{ deduplication: KEYS_KEPT, singletonseconds: KEYS_KEPT, throttle: KEYS_KEPT },
  ...{ jobkeymode: CONFLICT, singletonnextslot: DEBOUNCE, debounce: DEBOUNCE },
  ...{ startafter: DUE, runafter: DUE },
  ...{ ...LIMITERS, ...GROUPS },
}

/** Options of a schedule. */
export const SCHEDULE_HINTS: Readonly<Record<string, string>> = {
  ...each('tz zone', () => " Did you mean 'timeZone'?"),
  ...each('pattern expression', () => " Did you mean 'cron'?"),
  ...each('interval repeatEvery', () => " Did you mean 'every'?"),
  ...each('runAt', () => " Did you mean 'at'?"),
  ...each('key keyScope onConflict', () => TICKS_ONCE),
  ...{ ...OF_DEFINITION, ...OF_SCHEDULED, ...PAYLOAD },
}

/** Options of one `ctx.invoke`. */
export const INVOKE_HINTS: Readonly<Record<string, string>> = {
  ...ENQUEUE_HINTS,
  ...each(
    'key keyScope onConflict jobId jobKey singletonKey deduplicationId deduplication unique',
    () => STEP,
  ),
}

/** What is set for a queue. */
export const QUEUE_HINTS: Readonly<Record<string, string>> = {
  ...each('concurrency maxConcurrency', () => " Did you mean limits: [{ key: 'mail', concurrency: 2 }]?"),
  ...each(
    'rate rateLimit limiter throttle',
    () => " Did you mean limits: [{ key: 'mail', rate: { count: 60, per: '1m' } }]?",
  ),
  ...each('max maxLength capacity pendingMax', () => " Did you mean 'maxSize'?"),
}

/** States. What waits for a time, a worker or another try is pending here, and what a lost worker had runs again. */
export const STATES_ELSEWHERE: Readonly<Record<string, JobState>> = {
  ...{ wait: 'pending', waiting: 'pending', queued: 'pending', created: 'pending', added: 'pending' },
  ...{ new: 'pending', ready: 'pending', available: 'pending', prioritized: 'pending' },
  ...{
    delayed: 'pending',
    scheduled: 'pending',
    retry: 'pending',
    retrying: 'pending',
    retryable: 'pending',
  },
  ...{
    active: 'running',
    started: 'running',
    executing: 'running',
    processing: 'running',
    locked: 'running',
  },
  ...{ stalled: 'running', in_progress: 'running' },
  ...{ completed: 'complete', done: 'complete', finished: 'complete' },
  ...{ success: 'complete', succeeded: 'complete', successful: 'complete', skipped: 'complete' },
  ...{ error: 'failed', errored: 'failed', failure: 'failed', dead: 'failed', expired: 'failed' },
  ...{ crashed: 'failed', timeout: 'failed', discarded: 'failed' },
  ...{ aborted: 'cancelled', removed: 'cancelled', stopped: 'cancelled' },
}

/** Events. */
export const EVENTS_ELSEWHERE: Readonly<Record<string, string>> = {
  ...{ added: 'enqueue', queued: 'enqueue', created: 'enqueue', waiting: 'enqueue' },
  ...{ active: 'start', processing: 'start', stalled: 'rescue', retrying: 'retry' },
  ...{ done: 'complete', finished: 'complete', success: 'complete', succeeded: 'complete' },
  ...{ error: 'fail', failure: 'fail', removed: 'prune', ready: 'worker_start', closed: 'worker_stop' },
}

/** Options of a worker. */
export const WORKER_HINTS: Readonly<Record<string, string>> = {
  ...{ ...OF_QUEUE, ...OF_ENQUEUE, ...OF_DEFINITION },
  ...each('timeout expiresIn priority', (name) => ` It is of the definition: defineJob({ name, ${name} }).`),
  ...{ lockduration: LEASE, leaseduration: LEASE, visibilitytimeout: LEASE },
  ...{ removeoncomplete: RETENTION, removeonfail: RETENTION, keepjobs: RETENTION },
  ...{ attempts: RETRIES_OF_JOB, maxattempts: RETRIES_OF_JOB, retries: RETRIES_OF_JOB },
  ...{ limits: LIMITS_OF_JOB, limiter: LIMITS_OF_JOB, ratelimit: LIMITS_OF_JOB, throttle: LIMITS_OF_JOB },
  ...{ group: GROUPS_OF_JOB, groups: GROUPS_OF_JOB },
  ...{ groupconcurrency: LIMITS_OF_JOB, localconcurrency: CONCURRENCY, teamsize: CONCURRENCY },
  ...{ middleware: AROUND_RUN, hooks: AROUND_RUN },
  ...each('batch batchSize', () => ` It is of the definition.${RUN_MANY}`),
}

/** Options of `openQueue`. */
export const OPEN_HINTS: Readonly<Record<string, string>> = {
  ...{ middleware: AROUND_ENQUEUE, hooks: AROUND_ENQUEUE },
  ...{ ...OF_WORKER, ...OF_DEFINITION },
  ...{ url: FIRST, store: FIRST, connection: FIRST, connectionstring: FIRST, database: FIRST },
  ...{ limiter: LIMITS_OF_ALL, ratelimit: LIMITS_OF_ALL },
}

/** Parts of a `backoff`. */
export const BACKOFF_ELSEWHERE: Readonly<Record<string, string>> = {
  type: 'kind',
  delay: 'base',
  initial: 'base',
}
