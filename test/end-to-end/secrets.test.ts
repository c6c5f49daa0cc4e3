import { DatabaseSync } from 'node:sqlite'
import { defineJob, type JobContext, type MillhandEvents, Worker } from 'millhand'
import { crashSweep, openTestQueue, runJob, runUntilIdle } from 'millhand/testing'
import { expect, test } from 'vitest'
import { describeSqlite, describeStores } from '../support/stores.ts'

const SECRET = 'sk-live "4/2"\n+7'

/** A worker's secrets: those of the tenant in the job's context. */
const secrets = (name: string, { context }: { readonly context: object }) => {
  const { tenant = 'nobody' } = context as { tenant?: string }
  return name === 'key' ? `${SECRET} of ${tenant}` : undefined
}

/** A job that does what a case says with the secret of its tenant. */
function secretive(use: (secret: string, ctx: JobContext) => unknown, options: object = {}) {
  return defineJob({
    name: 'test.secret',
    retries: 0,
    ...options,
    run: async (_: unknown, ctx) => use(await ctx.secrets.get('key'), ctx),
  })
}

describeStores('secrets', (test) => {
  test('a secret is asked for with the job, and is another one for each tenant', async ({ queue }) => {
    const job = secretive((secret) => secret.length)
    const ada = await queue.enqueue(job, null, { context: { tenant: 'ada' } })
    const bartholomew = await queue.enqueue(job, null, { context: { tenant: 'bartholomew' } })
    await runUntilIdle(queue, { jobs: [job], secrets })
    expect(await ada.result()).toBe(`${SECRET} of ada`.length)
    expect(await bartholomew.result()).toBe(`${SECRET} of bartholomew`.length)
  })

  test('no error, log line, progress or reason that is stored or told has it', async ({ queue }) => {
    const told: string[] = []
    for (const name of ['fail', 'cleanup_error', 'call_error', 'progress'] as const)
      queue.on(name, (event: MillhandEvents[typeof name]) => told.push(shownOf(event)))
    const job = secretive(
      async (secret, ctx) => {
        ctx.log.info(`with ${secret}`, { headers: [{ authorization: `Bearer ${secret}` }], [secret]: 1 })
        ctx.progress({ fraction: 0.5, message: `with ${secret}` })
        await ctx.enqueue(job, null, { queue: secret }).catch(() => {})
        await ctx.checkpoint({ [secret]: () => {} }).catch(() => {})
        const response = { status: 401, request: { url: `https://api/?key=${encodeURIComponent(secret)}` } }
        const cause = Object.assign(new Error(`sent ${JSON.stringify({ secret })}`), { code: secret })
        throw Object.assign(new TypeError(`refused ${secret}`, { cause }), { response })
      },
      {
        cleanup: (_: unknown, outcome: { error: Error }) => {
          throw outcome.error
        },
      },
    )
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job], secrets })
    const kept = shownOf({ job: await handle.get(), logs: await queue.logs(handle.id) })
    expect(told).toHaveLength(5)
    for (const text of [kept, ...told]) {
      expect(text).toContain('…')
      expect(text).not.toMatch(/sk-live/)
    }
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      failure: { message: expect.stringMatching(/^refused … \(cause: sent/) },
    })
  })

  test('neither has what a skip says', async ({ queue }) => {
    const job = secretive((secret, ctx) => ctx.skip(`not with ${secret}`))
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job], secrets })
    expect(await handle.get()).toMatchObject({ outcome: 'skipped', reason: 'not with …' })
  })
})

describeSqlite('secrets', (test) => {
  test('nothing of it is in the file', async ({ queue, url }) => {
    const job = secretive((secret, ctx) => {
      ctx.log.warn(secret)
      throw new Error(secret)
    })
    await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job], secrets })
    const file = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true })
    const tables = file.prepare("select name from sqlite_master where type = 'table'").all()
    const rows = tables.flatMap(({ name }) => file.prepare(`select * from "${name}"`).all())
    file.close()
    // What was said is there, and only the secret is not.
    expect(JSON.stringify(rows)).toContain('"message":"…"')
    expect(JSON.stringify(rows)).not.toContain('sk-live')
  })
})

test('the policy of a definition sees the error as it was thrown', async () => {
  const { queue } = await openTestQueue()
  class Refused extends Error {}
  const seen: string[] = []
  const job = secretive(
    (secret) => {
      throw new Refused(`refused ${secret}`)
    },
    {
      retries: 1,
      stopOn: [Refused],
      classifyError: (error: Error) => {
        seen.push(error.message)
        return undefined
      },
    },
  )
  const told: MillhandEvents['fail'][] = []
  queue.on('fail', (event) => told.push(event))
  const handle = await queue.enqueue(job)
  await runUntilIdle(queue, { jobs: [job], secrets })
  expect(seen).toEqual([expect.stringContaining(SECRET)])
  expect((await handle.get()).attempt).toBe(1)
  expect(told[0]?.error).toBeInstanceOf(Refused)
  await queue.close()
})

test.each([
  ['a worker without secrets', {}, /has no 'secrets'/],
  ['a name that the worker has no secret for', { secrets: () => undefined }, /gave none/],
  [
    'a secret that is no text',
    { secrets: () => 4711 as never },
    /^(?!.*4711).* gave a value that is no text \(number\)\. See .*, and gives its text\.$/,
  ],
])('%s says so', async (_, options, words) => {
  const { queue } = await openTestQueue()
  const job = secretive(() => 1)
  const handle = await queue.enqueue(job)
  await runUntilIdle(queue, { jobs: [job], ...options })
  const { failure } = (await handle.get()) as { failure?: object }
  expect(failure).toMatchObject({ code: 'secret_missing', message: expect.stringMatching(words) })
  await queue.close()
})

test('the environment of the process is left as it is', async () => {
  const { queue } = await openTestQueue()
  const before = JSON.stringify(process.env)
  const job = secretive(() => JSON.stringify(process.env) === before)
  const handle = await queue.enqueue(job)
  await new Worker(queue, { jobs: [job], secrets }).runUntilIdle()
  expect(await handle.result()).toBe(true)
  await queue.close()
})

test('the test kit gives secrets of the test, and masks them likewise', async () => {
  const job = secretive((secret, ctx) => {
    ctx.log.info(secret)
    return secret.length
  })
  const given = { secrets: { key: 'abc' } }
  expect(await runJob(job, null, given)).toMatchObject({
    outcome: { verb: 'complete', output: 3 },
    logs: [{ message: '…' }],
  })
  expect(await crashSweep(job, null, given)).toMatchObject({ crashes: 3 })
})

/** Everything that is known of a value, errors with what hangs on them. */
function shownOf(value: unknown): string {
  const seen = (_: string, each: unknown): unknown => {
    if (!(each instanceof Error)) return each
    const names = Object.getOwnPropertyNames(each) as (keyof Error)[]
    return Object.fromEntries(names.map((name) => [name, each[name]]))
  }
  return JSON.stringify(value, seen)
}
