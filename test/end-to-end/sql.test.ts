import { defineJob, type EnqueueOptions, type Job, type Queue } from 'millhand'
import { describe, expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { schemaOf, withClient } from '../support/postgres.ts'
import { type Call, callingIn, enqueue, refusalOf, runDue, test } from '../support/sql-functions.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

const run = (queue: Queue) => runDue(queue, { jobs: [echo] })

describe('a job that is enqueued from SQL', () => {
  test('is run, also where nothing of its queue and name was there before', async ({ queue, sql }) => {
    const options = { queue: 'new' }
    const first = await enqueue(sql, { input: { n: 1 }, options })
    expect(await queue.get(first)).toMatchObject({ state: 'pending', queue: 'new' })
    expect(await run(queue)).toBe(1)
    const second = await enqueue(sql, { input: { n: 2 }, options })
    expect(await run(queue)).toBe(1)
    expect((await queue.list()).map((job) => job.state === 'complete' && job.output)).toEqual([
      { n: 2 },
      { n: 1 },
    ])
    expect(second > first).toBe(true)
  })

  test('is the job that the API makes of the same', async ({ queue, sql }) => {
    const options = {
      ...{ queue: 'mail', priority: 5, expiresIn: '5m', deadline: '1.5h', key: 'k "1"', retries: 7 },
      ...{ timeout: 250, tags: ['user:1', 'ä "b"'], context: { user: 1 }, group: '100 % "a" \\' },
    } satisfies EnqueueOptions
    const input = { list: [1, 1.5, -0.001, 1e15, true, null, {}, []], text: 'a "quote", \\ and ü' }
    const ofSql = await queue.get(await enqueue(sql, { input, options }))
    await queue.cancel(ofSql?.id ?? '')
    const handle = await queue.enqueue(echo, input, options)
    expect(facts((await queue.get(ofSql?.id ?? '')) as Job)).toEqual(facts((await handle.get()) as Job))
    const columns =
      'select (j.name, queue, priority, key, tags, context, retries, timeout_ms, limits, input)::text as given'
    const rows = await sql(`${columns} from millhand.jobs j order by seq`)
    expect(rows[0]).toEqual(rows[1])
  })

  test('has what a definition says where that says nothing', async ({ queue, sql }) => {
    const [row] = await sql("select millhand.enqueue('test.echo') as given")
    const ofSql = (await queue.get(row?.given as string)) as Job
    const ofApi = (await (await queue.enqueue(echo)).get()) as Job
    expect(facts(ofSql)).toEqual(facts(ofApi))
  })

  test('is due after its delay, or at its time', async ({ queue, sql }) => {
    const later = (await queue.get(await enqueue(sql, { options: { delay: '2h' } }))) as Job
    expect(Number(later.dueAt) - Number(later.createdAt)).toBe(7_200_000)
    const runAt = '2100-01-31T09:00:00.123+01:00'
    const at = await queue.get(await enqueue(sql, { options: { runAt } }))
    expect(at?.dueAt).toEqual(new Date(runAt))
    expect(await run(queue)).toBe(0)
  })
})

/** What of a job does not tell when it was stored. */
function facts({ id: _, createdAt, dueAt, expiresAt, deadline, ...job }: Job) {
  const {
    state: _state,
    reason: _reason,
    finishedAt: _finishedAt,
    ...others
  } = job as Job & { reason: string; finishedAt: Date }
  const after = (date: Date | undefined) => date && Number(date) - Number(createdAt)
  return { ...others, dueAt: after(dueAt), expiresAt: after(expiresAt), deadline: after(deadline) }
}

const TOO_LARGE = 'x'.repeat(1024 * 1024)
const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])

test.for<[what: string, call: Call, code: string, ...message: string[]]>([
  ['a name', { name: 'no name' }, 'invalid_name', "job name 'no name'"],
  ['no name', { name: null }, 'invalid_name', 'job name null'],
  ['the name of a queue', { options: { queue: 'a b' } }, 'invalid_name', "queue name 'a b'"],
  [
    'an unknown option',
    { options: { priorty: 1 } },
    'unknown_option',
    "has no option 'priorty'",
    "mean 'priority'",
  ],
  ['an option like no other', { options: { zzz: 1 } }, 'unknown_option', 'It takes: queue, priority, delay'],
  ['options', { options: [1] }, 'invalid_option', 'an object with any of these'],
  [
    'a priority',
    { options: { priority: 1_000_001 } },
    'invalid_option',
    "'priority' is 1000001",
    'to 1000000',
  ],
  ['a priority in parts', { options: { priority: 0.5 } }, 'invalid_option', 'a whole number from -1000000'],
  ['retries', { options: { retries: -1 } }, 'invalid_option', 'a whole number from 0 to 1000'],
  ['a delay', { options: { delay: '5 minutes' } }, 'invalid_option', "'delay' is '5 minutes'", "'250ms'"],
  ['a timeout', { options: { timeout: 0 } }, 'invalid_option', 'of at least 1ms'],
  ['expiresIn', { options: { expiresIn: '-1s' } }, 'invalid_option', "'expiresIn' is '-1s'"],
  ['a deadline', { options: { deadline: 1e16 } }, 'invalid_option', "'deadline' is"],
  ['a time', { options: { runAt: 'tomorrow' } }, 'invalid_option', 'a time with its zone'],
  ['a time without a zone', { options: { runAt: '2100-01-01T00:00:00' } }, 'invalid_option', 'with its zone'],
  [
    'a time that there is not',
    { options: { runAt: '2100-02-31T00:00:00Z' } },
    'invalid_option',
    'with its zone',
  ],
  [
    'both',
    { options: { delay: 1, runAt: '2100-01-01T00:00:00Z' } },
    'invalid_option',
    "together with 'runAt'",
  ],
  ['a key', { options: { key: 'a\nb' } }, 'invalid_name', "key 'a?b'"],
  ['an empty key', { options: { key: '' } }, 'invalid_option', 'a text of 1 to 512 characters'],
  ['a long key', { options: { key: '😀'.repeat(257) } }, 'invalid_name', '1 to 512 characters'],
  ['a group', { options: { group: 'a\nb' } }, 'invalid_name', "group 'a?b'"],
  ['an empty group', { options: { group: '' } }, 'invalid_option', 'a text of 1 to 512 characters'],
  ['tags', { options: { tags: 'one' } }, 'invalid_option', 'a list of texts'],
  ['a tag', { options: { tags: ['a', ''] } }, 'invalid_name', "tag ''"],
  ['many tags', { options: { tags: Array(21).fill('a') } }, 'invalid_name', 'at most 20 texts'],
  ['a context', { options: { context: 'user' } }, 'invalid_option', 'an object that JSON can hold'],
  ['a list as context', { options: { context: ['user'] } }, 'invalid_option', 'an object that JSON can hold'],
  ['onConflict', { options: { onConflict: 'rejekt', key: 'k' } }, 'invalid_option', "mean 'reject'"],
  ['onConflict alone', { options: { onConflict: 'reject' } }, 'invalid_option', "expected a 'key' beside it"],
  ['an input', { input: { small: 1, big: TOO_LARGE } }, 'payload_too_large', 'largest part is $.big'],
  ['depth', { input: nested(201) }, 'not_serialisable', 'deeper than 200'],
  ['replacing', { options: { onConflict: 'replace', key: 'k' } }, 'not_supported', 'enqueue with the API'],
  ['debouncing', { options: { onConflict: 'debounce', key: 'k' } }, 'not_supported', "onConflict 'debounce'"],
  [
    'keyScope',
    { options: { keyScope: 'forever', key: 'k' } },
    'not_supported',
    'while its job is unfinished',
  ],
  ['limits', { options: { limits: [] } }, 'not_supported', 'Give the limit to the queue'],
  ['requires', { options: { requires: ['gpu'] } }, 'not_supported', 'Enqueue with the API'],
  ['tx', { options: { tx: {} } }, 'not_supported', 'a part of the transaction'],
])('%s that cannot be taken is refused, by the code of the API', async ([, call, code, ...messages], {
  queue,
  sql,
}) => {
  const refusal = await refusalOf(enqueue(sql, call))
  expect(refusal).toMatchObject({ code: 'MH001', facts: { code } })
  for (const message of messages) expect(refusal.message).toContain(message)
  if (code !== 'not_supported') expect(await codeOfApi(queue, call)).toBe(code)
  expect(await queue.count()).toBe(0)
})

/** What the API says of the same call. */
async function codeOfApi(queue: Queue, { name = 'test.echo', input, options }: Call) {
  try {
    await queue.enqueue(
      defineJob({ name: name as string, run: (given) => given }),
      input,
      options as EnqueueOptions,
    )
    return 'stored'
  } catch (error) {
    return (error as { readonly code: string }).code
  }
}

test('a number that JavaScript would read as another is refused with its place', async ({ sql }) => {
  for (const number of ['9007199254740993', '1e400']) {
    const input = `{"rows": [{"id": ${number}}]}`
    const call = sql('select millhand.enqueue($1, $2) as given', 'test.echo', input)
    expect(await refusalOf(call)).toMatchObject({ facts: { code: 'not_serialisable', path: '$.rows[0].id' } })
  }
})

describe('a key that is held', () => {
  test('gives the job that holds it, until that has ended', async ({ queue, sql }) => {
    const options = { key: 'k' }
    const holder = (await queue.enqueue(echo, 1, options)).id
    expect(await enqueue(sql, { input: 2, options })).toBe(holder)
    expect(await enqueue(sql, { input: 2, options: { key: 'other' } })).not.toBe(holder)
    await run(queue)
    const next = await enqueue(sql, { input: 3, options })
    expect(next).not.toBe(holder)
    expect(await queue.enqueue(echo, 4, options)).toMatchObject({ id: next, existed: true })
  })

  test('refuses the call where that is asked for, with the job that holds it', async ({ queue, sql }) => {
    const options = { key: 'k', onConflict: 'reject' }
    const id = await enqueue(sql, { options })
    expect(await refusalOf(enqueue(sql, { options }))).toMatchObject({
      facts: { code: 'key_conflict', id, state: 'pending' },
    })
    await run(queue)
    await queue.enqueue(echo, 1, { key: 'kept', keyScope: 'forever' })
    await run(queue)
    expect(await refusalOf(enqueue(sql, { options: { ...options, key: 'kept' } }))).toMatchObject({
      facts: { code: 'key_conflict', state: 'ended' },
    })
  })
})

describe('what is set for a queue', () => {
  test('a queue that is full refuses more, where its lane is new as well', async ({ queue, sql }) => {
    await queue.configure('small', { maxSize: 2 })
    const options = { queue: 'small' }
    await enqueue(sql, { options })
    await enqueue(sql, { options })
    expect(await refusalOf(enqueue(sql, { options }))).toMatchObject({
      facts: { code: 'queue_full', queue: 'small', limit: 2 },
    })
    await run(queue)
    for (const delay of [0, '1h']) await enqueue(sql, { options: { ...options, delay } })
    expect(await refusalOf(enqueue(sql, { options }))).toMatchObject({ facts: { code: 'queue_full' } })
  })

  test('a queue without a size of its own refuses more than any may have', async ({ queue: _, url }) => {
    await withClient(async (client) => {
      const sql = callingIn(client, schemaOf(url))
      /** As if there were so many, of which the server thinks that there are so many. */
      const seemToWait = async (jobs: number, thought: number) => {
        await sql(`update pg_class set reltuples = ${thought} where oid = 'millhand.pending'::regclass`)
        await sql(`create or replace function millhand.sql_pending_in(its_queue text) returns bigint language sql
          as 'select ${jobs}::bigint'`)
      }
      await seemToWait(PENDING_MAX, PENDING_MAX)
      await enqueue(sql)
      await seemToWait(PENDING_MAX + 1, PENDING_MAX - 1)
      await enqueue(sql)
      await seemToWait(PENDING_MAX + 1, PENDING_MAX)
      expect(await refusalOf(enqueue(sql))).toMatchObject({
        facts: { code: 'queue_full', queue: 'default', limit: PENDING_MAX },
      })
    })
  })

  test('where the oldest are dropped, as many go as come', async ({ queue, sql }) => {
    await queue.configure('news', { maxSize: 2, overflow: 'dropOldest' })
    const options = { queue: 'news' }
    const ids = [
      await enqueue(sql, { options }),
      await enqueue(sql, { options }),
      await enqueue(sql, { options }),
    ]
    expect(await queue.get(ids[0] as string)).toMatchObject({
      state: 'cancelled',
      reason: expect.stringContaining("queue 'news' keeps 2"),
    })
    expect(await run(queue)).toBe(2)
  })

  test('its limits hold, and those of all queues', async ({ open, sql }) => {
    const queue = await open({ limits: [{ key: 'all', concurrency: 5 }] })
    await queue.configure('mail', {
      limits: [{ key: 'smtp', name: 'hosts', concurrency: 1, rate: { count: 9, per: '1s' }, cost: 2 }],
    })
    await enqueue(sql, { options: { queue: 'mail' } })
    await queue.enqueue(echo, null, { queue: 'mail' })
    const rows = await sql('select limits as given from millhand.jobs order by seq')
    expect(rows[0]?.given).toBe('[["all",1,1],["hosts=smtp",2,1]]')
    expect(rows[1]).toEqual(rows[0])
    expect(await run(queue)).toBe(2)
  })

  test('its groups take turns, whoever enqueues or retries their jobs', async ({ open, sql }) => {
    const queue = await open({ limits: [{ key: 'all', concurrency: 50 }] })
    await queue.configure('mail', { shares: { a: 2 } })
    // There is a lane by then, so that no errand has to put them there.
    await queue.enqueue(echo, null, { queue: 'mail', group: 'a' })
    const id = await enqueue(sql, { options: { queue: 'mail', group: 'a' } })
    const waiting = () =>
      sql(
        'select (p.class, p.turn_group, j.limits)::text as given from millhand.pending p join millhand.jobs j using (seq) order by seq',
      )
    const [ofApi, ofSql] = await waiting()
    expect(ofSql).toEqual(ofApi)
    await sql('select millhand.cancel($1)', id)
    await sql('select millhand.retry($1)', id)
    expect((await waiting())[1]).toEqual(ofApi)
    expect(await run(queue)).toBe(2)
  })

  test('a setting that the functions do not know is not passed over', async ({ queue, sql }) => {
    const { id } = await queue.enqueue(echo, null, { queue: 'odd' })
    await queue.cancel(id)
    await queue.configure('odd', { order: 'lifo' })
    expect(await refusalOf(sql('select millhand.retry($1)', id))).toMatchObject({
      facts: { code: 'not_supported' },
    })
    expect(await refusalOf(enqueue(sql, { options: { queue: 'odd' } }))).toMatchObject({
      facts: { code: 'not_supported' },
      message: expect.stringContaining("Queue 'odd' has the setting 'order'"),
    })
    expect(await queue.count({ state: 'pending' })).toBe(0)
  })
})
