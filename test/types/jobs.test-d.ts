import type { DatabaseSync } from 'node:sqlite'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Transaction } from 'kysely'
import {
  type BatchContext,
  type BatchJob,
  type CompleteJob,
  type ContextOf,
  defineJob,
  type EnqueueItem,
  Fatal,
  type HandleOf,
  type InputOf,
  type Job,
  type JobHandle,
  type JobOf,
  type JobSpec,
  type LimitOptions,
  type ListOptions,
  type OutputOf,
  openQueue,
  type ResultOf,
  type RunningJob,
  type Schema,
  Worker,
} from 'millhand'
import { fromDrizzle, fromKysely } from 'millhand/postgres'
import type { PoolClient, QueryResult } from 'pg'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

/**
 * What must compile and what must not. Nothing of this runs: `npm run types` checks it.
 */
const queue = await openQueue('memory:')

const index = defineJob({
  name: 'library.index_document',
  input: z.object({ path: z.string(), pages: z.coerce.number().default(1) }),
  output: z.object({ words: z.number() }).transform(({ words }) => ({ words, many: words > 1_000 })),
  checkpoint: z.object({ page: z.number() }),
  run(input, ctx) {
    // The handler gets what the schema makes of the input, and gives what the schema takes.
    expectTypeOf(input).toEqualTypeOf<{ path: string; pages: number }>()
    expectTypeOf(ctx.checkpointed).toEqualTypeOf<{ page: number } | undefined>()
    expectTypeOf(ctx.checkpoint).parameter(0).toEqualTypeOf<{ page: number }>()
    // @ts-expect-error: a checkpoint of another shape
    ctx.checkpoint({ chapter: 1 })
    // @ts-expect-error: no database without ctx.transaction
    ctx.database
    return { words: input.pages }
  },
})

defineJob({
  name: 'library.parent',
  async run(_, ctx) {
    // A handler gets what the output schema of its child makes of what that returned.
    expectTypeOf(await ctx.invoke(index, { path: 'a' })).toEqualTypeOf<{ words: number; many: boolean }>()
    await ctx.invoke(index, { path: 'a' }, { step: 'first', timeout: '5m', cancelWithParent: false })
    // @ts-expect-error: the input is missing
    await ctx.invoke(index)
    // @ts-expect-error: a child is found by its step, not by a key
    await ctx.invoke(index, { path: 'a' }, { key: 'a' })
  },
})

// --- Input is typed where it is enqueued

const handle = await queue.enqueue(index, { path: 'a.pdf' })
await queue.enqueue(index, { path: 'a.pdf', pages: '7' }, { priority: 5, key: 'a', delay: '5m' })
await queue.enqueueMany(index, [{ path: 'a' }, { path: 'b' }], { tags: ['bulk'] })
await queue.enqueue('by.name', { whatever: 1 })
// @ts-expect-error: the input is missing
await queue.enqueue(index)
// @ts-expect-error: a field is missing
await queue.enqueue(index, { pages: 1 })
// @ts-expect-error: a field of the wrong type
await queue.enqueue(index, { path: 7 })
// @ts-expect-error: one of many is wrong
await queue.enqueueMany(index, [{ path: 'a' }, { path: 7 }])
// @ts-expect-error: an option that does not exist
await queue.enqueue(index, { path: 'a' }, { prioritty: 1 })
// @ts-expect-error: no unit of time
await queue.enqueue(index, { path: 'a' }, { delay: '5 minutes' })

// --- The result is typed from the output schema

expectTypeOf(await handle.result()).toEqualTypeOf<{ words: number; many: boolean }>()
expectTypeOf<ResultOf<typeof index>>().toEqualTypeOf<{ words: number; many: boolean }>()
expectTypeOf<InputOf<typeof index>>().toEqualTypeOf<{ path: string; pages?: unknown }>()
expectTypeOf(queue.handle<string>('id')).toEqualTypeOf<JobHandle<string>>()

defineJob({
  name: 'test.wrong_output',
  output: z.number(),
  // @ts-expect-error: the handler returns what the schema refuses
  run: () => 'text',
})
defineJob({ name: 'test.fate', output: z.number(), run: (_, ctx) => ctx.snooze('5m') })
defineJob({ name: 'test.fate', output: z.number(), run: async (_, ctx) => ctx.skip('done') })
// @ts-expect-error: a policy of the wrong type
defineJob({ name: 'test.policy', retries: 'many' })
// @ts-expect-error: an option that does not exist
defineJob({ name: 'test.policy', retry: 3 })

// --- A job without a schema takes anything, or nothing

const plain = defineJob({ name: 'test.plain', run: () => {} })
await queue.enqueue(plain)
await queue.enqueue(plain, { anything: 1 })
expectTypeOf(await (await queue.enqueue(plain)).result()).toEqualTypeOf<undefined>()

const optional = defineJob({ name: 'test.optional', input: z.string().optional(), run: () => {} })
await queue.enqueue(optional)
// @ts-expect-error: optional is not anything
await queue.enqueue(optional, 7)

// --- Without an output schema, the result is what the handler returns

const bare = defineJob({ name: 'test.bare' })
const counted = defineJob({ name: 'test.counted', run: async () => ({ words: 1 }) })
const thrown = defineJob({
  name: 'test.thrown',
  run() {
    throw new Error('always')
  },
})
const parsed = defineJob({ name: 'test.parsed', run: () => JSON.parse('1') })
const later = bare.handle(async (_, ctx) => (ctx.attempt > 1 ? { words: 2 } : ctx.snooze('5m')))
expectTypeOf<ResultOf<typeof bare>>().toBeUnknown()
expectTypeOf<ResultOf<typeof counted>>().toEqualTypeOf<{ words: number }>()
expectTypeOf<ResultOf<typeof thrown>>().toBeNever()
expectTypeOf<ResultOf<typeof parsed>>().toBeAny()
expectTypeOf<ResultOf<typeof later>>().toEqualTypeOf<{ words: number }>()
expectTypeOf(bare).toEqualTypeOf<JobSpec>()
expectTypeOf(await (await queue.enqueue('by.name')).result()).toBeUnknown()
new Worker(queue, { jobs: [counted, thrown, parsed, later] })

// --- With type arguments of its own, the handler goes to `handle`: what it returns would be taken for nothing

const explicit = defineJob<Schema<{ at: number }>, Schema<string>>({ name: 'test.explicit' })
expectTypeOf(explicit).toEqualTypeOf<JobSpec<Schema<{ at: number }>, Schema<string>>>()
new Worker(queue, { jobs: [explicit.handle(({ at }) => String(at))] })
// @ts-expect-error: the handler is not a part of what the arguments name
defineJob<Schema<{ at: number }>, Schema<string>>({ name: 'test.explicit', run: ({ at }) => String(at) })

// --- A handler that may skip its job says so in the result

const skipping = defineJob({
  name: 'test.skipping',
  output: z.object({ words: z.number() }),
  run: async (_, ctx) => (ctx.attempt > 1 ? ctx.skip('done') : { words: 1 }),
})
const skipped = defineJob({ name: 'test.skipped', run: (_, ctx) => ctx.skip('always') })
expectTypeOf<ResultOf<typeof skipping>>().toEqualTypeOf<{ words: number } | undefined>()
expectTypeOf<OutputOf<typeof skipping>>().toEqualTypeOf<{ words: number }>()
expectTypeOf<ResultOf<typeof skipped>>().toEqualTypeOf<undefined>()
expectTypeOf<ResultOf<typeof counted | typeof skipped>>().toEqualTypeOf<{ words: number } | undefined>()

// --- Many jobs of several definitions: each has the input of its own, and gives its own handle

const [first, second, third] = await queue.enqueueMany([
  { job: index, input: { path: 'a' }, options: { delay: '5m' } },
  { job: counted },
  { job: 'by.name', input: { whatever: 1 } },
])
expectTypeOf(await first.result()).toEqualTypeOf<{ words: number; many: boolean }>()
expectTypeOf(await second.result()).toEqualTypeOf<{ words: number }>()
expectTypeOf(third).toEqualTypeOf<JobHandle>()
const paths = ['a', 'b'].map((path) => ({ job: index, input: { path } }))
expectTypeOf(await queue.enqueueMany(paths)).toEqualTypeOf<HandleOf<typeof index>[]>()
const mixed: EnqueueItem[] = [{ job: counted }, { job: 'by.name' }, ...paths]
expectTypeOf(await queue.enqueueMany(mixed)).toEqualTypeOf<JobHandle[]>()
expectTypeOf(await queue.enqueueMany([])).toEqualTypeOf<[]>()
// @ts-expect-error: the input of the second
await queue.enqueueMany([{ job: counted }, { job: index, input: { pages: 1 } }])
// @ts-expect-error: the second has none
await queue.enqueueMany([{ job: counted }, { job: index }])

// --- Jobs that are read by their definition are typed

const [done] = await queue.list({ job: index, state: 'complete' })
expectTypeOf(done).toEqualTypeOf<
  CompleteJob<{ path: string; pages?: unknown }, { words: number; many: boolean }> | undefined
>()
const [ended] = await queue.list({ job: index, state: ['failed', 'complete'], limit: 1 })
if (ended?.state === 'failed') expectTypeOf(ended.input.path).toBeString()
else expectTypeOf(ended?.output.many).toEqualTypeOf<boolean | undefined>()
expectTypeOf(await queue.list({ job: index })).toEqualTypeOf<JobOf<typeof index>[]>()
expectTypeOf(await queue.list()).toEqualTypeOf<Job[]>()
expectTypeOf(await queue.list({ state: 'running' })).toEqualTypeOf<RunningJob[]>()
declare const anyOptions: ListOptions
expectTypeOf(await queue.list(anyOptions)).toEqualTypeOf<Job[]>()
expectTypeOf(await queue.get(index, 'id')).toEqualTypeOf<JobOf<typeof index> | null>()
expectTypeOf(await queue.get('id')).toEqualTypeOf<Job | null>()
expectTypeOf(queue.handle(index, 'id')).toEqualTypeOf<HandleOf<typeof index>>()
expectTypeOf(queue.handle(index, 'id')).toEqualTypeOf(handle)
expectTypeOf((await queue.handle(index, 'id').get()).input.path).toBeString()
// An input that was left out is stored as null.
expectTypeOf((await queue.handle(optional, 'id').get()).input).toEqualTypeOf<string | null>()
expectTypeOf(queue.handle('id')).toEqualTypeOf<JobHandle>()
const handles: JobHandle[] = [first, second, queue.handle(skipping, 'id')]
show(await queue.get(index, handles.length.toString()))

// --- A definition without its handler is enough to enqueue, and not to work

const spec = defineJob({ name: 'mail.send', input: z.object({ to: z.string() }), output: z.boolean() })
await queue.enqueue(spec, { to: 'ada' })
// @ts-expect-error: no handler
new Worker(queue, { jobs: [spec] })

const send = spec.handle(({ to }, ctx) => {
  expectTypeOf(to).toBeString()
  expectTypeOf(ctx).toEqualTypeOf<ContextOf<typeof spec>>()
  return to !== ''
})
new Worker(queue, { jobs: [send, index, plain] })
// @ts-expect-error: the handler of a spec returns its output
spec.handle(() => 'sent')

// --- A handler for many jobs gets the input of each, and gives the output of each, or the error of one

const embed = defineJob({
  name: 'search.embed',
  input: z.object({ text: z.string(), pages: z.coerce.number().default(1) }),
  output: z.array(z.number()),
  runMany: {
    size: 50,
    wait: '50ms',
    async run(jobs, ctx) {
      expectTypeOf(jobs).toEqualTypeOf<readonly BatchJob<{ text: string; pages: number }>[]>()
      expectTypeOf(ctx).toEqualTypeOf<BatchContext>()
      // @ts-expect-error: a transaction commits one job
      jobs[0]?.transaction
      return jobs.map((job) => (job.input.text === '' ? new Fatal('no text') : [job.input.pages]))
    },
  },
})
expectTypeOf<ResultOf<typeof embed>>().toEqualTypeOf<number[]>()
new Worker(queue, { jobs: [embed] })
const eachAlone = defineJob({
  name: 'test.each_alone',
  runMany: {
    size: 5,
    run: (jobs) => jobs.map(async (job) => (job.attempt > 9 ? job.skip('late') : { sent: job.id })),
  },
})
expectTypeOf<ResultOf<typeof eachAlone>>().toEqualTypeOf<{ sent: string } | undefined>()
const named = defineJob({
  name: 'test.named',
  runMany: { size: 5, run: (jobs) => jobs.map(({ id }) => ({ name: id, message: id })) },
})
expectTypeOf<ResultOf<typeof named>>().toEqualTypeOf<{ name: string; message: string }>()
class OwnError extends Error {
  readonly row = 1
}
const failing = defineJob({
  name: 'test.failing',
  output: z.number(),
  runMany: { size: 5, run: async (jobs) => jobs.map(({ id }) => (id === '' ? new OwnError('no') : 1)) },
})
expectTypeOf<ResultOf<typeof failing>>().toEqualTypeOf<number>()
new Worker(queue, { jobs: [defineJob({ name: 'test.nothing', runMany: { size: 5, async run() {} } })] })
expectTypeOf(spec.handleMany({ size: 5, run: (jobs) => jobs.map(({ input }) => input.to !== '') })).toExtend<
  JobSpec<NonNullable<typeof spec.input>, NonNullable<typeof spec.output>>
>()
// @ts-expect-error: the outputs of a spec are what its schema takes
spec.handleMany({ size: 5, run: (jobs) => jobs.map(({ input }) => input.to) })
// @ts-expect-error: nothing is no output of this schema
spec.handleMany({ size: 5, run: async () => {} })

// --- The key of a limit gets what the input schema gives, wherever the limits stand

const perUser = defineJob({
  limits: [
    {
      key: (input) => {
        expectTypeOf(input).toEqualTypeOf<{ user: string; pages: number }>()
        return input.user
      },
      concurrency: 2,
    },
    { key: 'openai', rate: { count: 60, per: '1m' }, cost: 2 },
    { key: ({ pages }) => (pages > 9 ? pages : null), name: 'pages', concurrency: 1 },
  ],
  name: 'test.per_user',
  input: z.object({ user: z.string(), pages: z.coerce.number().default(1) }),
  output: z.number(),
})
expectTypeOf<InputOf<typeof perUser>>().toEqualTypeOf<{ user: string; pages?: unknown }>()
new Worker(queue, { jobs: [perUser.handle(({ pages }) => pages)] })
await queue.enqueue(perUser, { user: 'ada' }, { limits: [{ key: 'ada', name: 'urgent', concurrency: 1 }] })
const byUser: LimitOptions<{ user: string }> = { key: ({ user }) => user, concurrency: 2 }
defineJob({
  name: 'test.shared_limit',
  input: z.object({ user: z.string() }),
  limits: [byUser],
  run: () => {},
})
// @ts-expect-error: the input has no such field
defineJob({ name: 'test.other_input', input: z.object({ to: z.string() }), limits: [byUser], run: () => {} })

// --- A handler may stand by itself

const run: Parameters<typeof spec.handle>[0] = async ({ to }) => to.length > 0
spec.handle(run)

// --- A child is typed as any other job

index.handle(async (_, ctx) => {
  const child = await ctx.enqueue(spec, { to: 'ada' })
  expectTypeOf(await child.result()).toBeBoolean()
  // @ts-expect-error: the input of the child
  await ctx.enqueue(spec, { from: 'ada' })
  return { words: 1 }
})

// --- A transaction is that of SQLite, or of what its body says

index.handle((_, ctx) =>
  ctx.transaction((tx) => {
    expectTypeOf(tx).toEqualTypeOf<DatabaseSync>()
    return { words: 1 }
  }),
)
index.handle((_, ctx) =>
  ctx.transaction(async (tx: PoolClient) => {
    const { rows } = await tx.query<{ words: number }>('select 1 as words')
    // The output is inferred beside it.
    return { words: rows.length }
  }),
)
index.handle((_, ctx) =>
  // @ts-expect-error: the output of the job
  ctx.transaction(async (tx: PoolClient) => (await tx.query('select 1')).rowCount),
)
expectTypeOf(await queue.transaction((tx) => tx.isTransaction)).toEqualTypeOf<boolean>()
expectTypeOf(
  await queue.transaction(async (tx: PoolClient) => tx.query('select 1')),
).toEqualTypeOf<QueryResult>()
await queue.transaction((tx: PoolClient) => queue.enqueue(plain, 1, { tx }))

declare const drizzled: Parameters<Parameters<NodePgDatabase['transaction']>[0]>[0]
declare const kyselied: Transaction<{ words: { word: string } }>
await queue.enqueue(plain, 1, { tx: fromDrizzle(drizzled) })
await queue.enqueue(plain, 1, { tx: fromKysely(kyselied) })
// @ts-expect-error: Kysely is not Drizzle
fromDrizzle(kyselied)

// --- Narrowing a job by its state gives exactly the fields that exist in it

function show(job: Job | null): unknown {
  if (job === null) return null
  // @ts-expect-error: not every job has an output
  job.output
  switch (job.state) {
    case 'pending':
      // @ts-expect-error: it has not started
      return job.startedAt
    case 'running':
      expectTypeOf(job.startedAt).toEqualTypeOf<Date>()
      // @ts-expect-error: it has not ended
      job.finishedAt
      return job.worker
    case 'complete':
      expectTypeOf(job.outcome).toEqualTypeOf<'done' | 'skipped' | 'cached'>()
      // @ts-expect-error: it did not fail
      job.failure
      return job.output
    case 'failed':
      expectTypeOf(job.failure.kind).toExtend<string>()
      expectTypeOf(job.startedAt).toEqualTypeOf<Date | undefined>()
      return job.failure.message
    case 'cancelled':
      return job.reason
    default:
      // Nothing is left: a state that is added has to be thought of here.
      return job satisfies never
  }
}
show(await handle.get())

// --- Options of queues and workers

// @ts-expect-error: an option that does not exist
new Worker(queue, { jobs: [], concurency: 1 })
// @ts-expect-error: not a list of definitions
new Worker(queue, { jobs: send })
// @ts-expect-error: not a state
await queue.list({ state: 'done' })
queue.on('retry', ({ dueInMs, kind }) => [dueInMs.toFixed(), kind.length])
// @ts-expect-error: an event that does not exist
queue.on('retried', () => {})
