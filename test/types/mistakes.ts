/** A usual mistake, on one line of its own. */
export interface Mistake {
  readonly code: string
  /** What the compiler points at: the text that begins there. */
  readonly at: string
  readonly says: RegExp
}

/** What stands before the mistakes, and is right. */
export const PREAMBLE: readonly string[] = [
  "import { defineJob, openQueue, Worker } from 'millhand'",
  "import { defineConfig } from 'millhand/config'",
  "import { z } from 'zod'",
  "const queue = await openQueue('memory:')",
  'const letter = z.object({ to: z.string(), copies: z.number().optional() })',
  "const mail = defineJob({ name: 'mail.send', input: letter, run: (input) => ({ sent: input.to }) })",
  "const count = defineJob({ name: 'app.count', input: z.number(), output: z.object({ n: z.number() }) })",
  "const maybe = defineJob({ name: 'app.maybe', run: (_, ctx) => (ctx.attempt > 1 ? ctx.skip('no') : 'yes') })",
]

const INPUT = /'\{ to: string; copies\?: number \| undefined; \}'/

export const MISTAKES: readonly Mistake[] = [
  // --- The input of a job
  {
    code: 'queue.enqueue(mail, { to: 7 })',
    at: 'to',
    says: /Type 'number' is not assignable to type 'string'/,
  },
  { code: "queue.enqueue(mail, { too: 'ada' })", at: 'too', says: INPUT },
  { code: 'queue.enqueue(mail)', at: 'enqueue', says: /Expected 2-3 arguments, but got 1/ },
  { code: "queue.enqueue(mail, { to: 'ada', cc: 'bob' })", at: 'cc', says: INPUT },
  {
    code: "queue.enqueueMany(mail, [{ to: 'ada' }, { to: 7 }])",
    at: 'to',
    says: /Type 'number' is not assignable to type 'string'/,
  },
  {
    code: "queue.enqueueMany([{ job: mail, input: { to: 'ada' } }, { job: count, input: 'ada' }])",
    at: 'input',
    says: /Type 'string' is not assignable to type 'number'/,
  },
  {
    code: 'queue.enqueueMany([{ job: count, input: 1 }, { job: mail }])',
    at: '{ job: mail',
    says: /Property 'input' is missing .* required in type '\{ readonly input: \{ to: string;/,
  },
  {
    code: "queue.schedules.set('daily', { job: mail, input: { to: 7 }, every: '1d' })",
    at: 'to',
    says: /Type 'number' is not assignable to type 'string'/,
  },
  {
    code: "queue.schedules.set('daily', { job: mail, every: '1d' })",
    at: '{ job: mail',
    says: /Property 'input' is missing .* required in type '\{ readonly input: \{ to: string;/,
  },
  {
    code: "defineConfig({ schedules: { daily: { job: mail, input: { to: 7 }, every: '1d' } } })",
    at: 'to',
    says: /Type 'number' is not assignable to type 'string'/,
  },
  {
    code: "defineConfig({ schedules: { daily: { job: mail, every: '1d' } } })",
    at: 'daily',
    says: /Property 'input' is missing .* required in type '\{ readonly input: \{ to: string;/,
  },
  {
    code: "defineConfig({ schedules: { daily: { job: mail, input: { to: 'ada' }, evry: '1d' } } })",
    at: 'evry',
    says: /does not exist in type 'ScheduleOf<.*'. Did you mean to write 'every'\?/,
  },
  // --- Options
  {
    code: "queue.enqueue(mail, { to: 'ada' }, { delays: '5m' })",
    at: 'delays',
    says: /does not exist in type 'EnqueueOptions'. Did you mean to write 'delay'\?/,
  },
  {
    code: "queue.enqueue(mail, { to: 'ada' }, { delay: '5 minutes' })",
    at: 'delay',
    says: /Type '"5 minutes"' is not assignable to type 'Duration \| undefined'/,
  },
  {
    code: "defineJob({ name: 'app.policy', retries: 'many', run: () => 1 })",
    at: 'retries',
    says: /Type 'string' is not assignable to type 'number'/,
  },
  {
    code: "defineJob({ name: 'app.policy', retries: 'three', run: (input, ctx) => ctx.attempt })",
    at: 'retries',
    says: /Type 'string' is not assignable to type 'number'/,
  },
  {
    code: "defineJob({ name: 'app.policy', input: letter, timeout: true, run: async ({ to }) => ({ to }) })",
    at: 'timeout',
    says: /Type 'true' is not assignable to type 'Duration \| undefined'/,
  },
  {
    code: "defineJob({ name: 'app.policy', output: z.number(), backoff: { kind: 'exp' }, async run(_, ctx) { return ctx.attempt } })",
    at: 'kind',
    says: /Type '"exp"' is not assignable to type .*"exponential"/,
  },
  {
    code: 'defineJob({ name: 7, input: letter, run: (input) => input.to })',
    at: 'name',
    says: /Type 'number' is not assignable to type 'string'/,
  },
  {
    code: 'defineJob({ input: letter, run: (input) => input.to })',
    at: '\\{ input',
    says: /Property 'name' is missing in type/,
  },
  {
    code: "defineJob({ name: 'app.policy', input: 7, run: (_, ctx) => ctx.attempt })",
    at: 'input',
    says: /Type 'number' is not assignable to type 'StandardSchemaV1/,
  },
  {
    code: "defineJob({ name: 'app.policy', retry: 3, run: () => 1 })",
    at: 'retry',
    says: /'retry' does not exist in type 'JobOptions</,
  },
  {
    code: 'new Worker(queue, { jobs: [mail], concurency: 1 })',
    at: 'concurency',
    says: /does not exist in type 'WorkerOptions'. Did you mean to write 'concurrency'\?/,
  },
  {
    code: "queue.list({ state: 'done' })",
    at: 'state',
    says: /Type '"done"' is not assignable to type .*"complete"/,
  },
  // --- Limits
  {
    code: "defineJob({ name: 'app.limit', input: letter, limits: [{ key: (input) => input.too, concurrency: 1 }], run: (input) => input.to })",
    at: 'too',
    says: /Property 'too' does not exist on type '\{ to: string; copies\?: number \| undefined; \}'/,
  },
  {
    code: "defineJob({ limits: [{ key: (letter) => letter.too, concurrency: 1 }], name: 'app.limit', input: letter })",
    at: 'too',
    says: /Property 'too' does not exist on type '\{ to: string; copies\?: number \| undefined; \}'/,
  },
  {
    code: "defineJob({ name: 'app.limit', input: letter, limits: [{ key: ({ copies }) => copies, concurrency: 1 }], run: () => 1 })",
    at: 'key',
    says: /Type 'number \| undefined' is not assignable to type 'string \| number \| null'/,
  },
  {
    code: "defineJob({ name: 'app.limit', limits: [{ key: 'api', concurency: 1 }], run: (_, ctx) => ctx.attempt })",
    at: 'concurency',
    says: /does not exist in type 'LimitOptions<unknown>'. Did you mean to write 'concurrency'\?/,
  },
  {
    code: "defineJob({ name: 'app.limit', input: letter, limits: [{ key: ({ to }) => to, rate: { count: 60, per: '1 minute' } }], run: (input) => input.to })",
    at: 'per',
    says: /Type '"1 minute"' is not assignable to type 'Duration'/,
  },
  {
    code: "defineJob({ name: 'app.limit', input: letter, limits: [{ key: ({ to }) => to, rate: 60 }], run: (input) => input.to })",
    at: 'rate',
    says: /Type 'number' is not assignable to type 'RateOptions'/,
  },
  {
    code: "defineJob({ name: 'app.limit', limits: [{ concurrency: 1 }], run: (_, ctx) => ctx.attempt })",
    at: '\\{ concurrency',
    says: /Property 'key' is missing in type/,
  },
  {
    code: "defineJob({ name: 'app.limit', limits: { key: 'api', concurrency: 1 }, run: (_, ctx) => ctx.attempt })",
    at: 'key',
    says: /'key' does not exist in type 'readonly LimitOptions<unknown>\[\]'/,
  },
  {
    code: "queue.enqueue(mail, { to: 'ada' }, { limits: [{ key: 'api', concurrency: '2' }] })",
    at: 'concurrency',
    says: /Type 'string' is not assignable to type 'number'/,
  },
  // --- Handlers
  {
    code: "defineJob({ name: 'app.output', output: z.number(), run: () => 'text' })",
    at: 'run',
    says: /Type 'string' is not assignable to type 'number \|/,
  },
  {
    code: "defineJob({ name: 'app.output', output: z.object({ n: z.number() }), run: async () => ({ n: 'text' }) })",
    at: 'run',
    says: /Types of property 'n' are incompatible.\s*Type 'string' is not assignable to type 'number'/,
  },
  {
    code: "count.handle(() => 'text')",
    at: "'text",
    says: /Type 'string' is not assignable to type '.*\{ n: number; \}/,
  },
  {
    code: "defineJob({ name: 'app.input', input: letter, run: (input) => input.too })",
    at: 'too',
    says: /Property 'too' does not exist on type '\{ to: string; copies\?: number \| undefined; \}'/,
  },
  { code: 'new Worker(queue, { jobs: [count] })', at: 'count', says: /Property 'run' is missing/ },
  // --- What comes of a job
  {
    code: "void (await queue.handle(mail, 'id').result()).send",
    at: 'send',
    says: /Property 'send' does not exist on type '\{ sent: string; \}'/,
  },
  {
    code: "export const certain: string = await queue.handle(maybe, 'id').result()",
    at: 'certain',
    says: /Type '(string \| undefined|undefined \| string)' is not assignable to type 'string'/,
  },
]
