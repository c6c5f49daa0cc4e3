import { AssertionError } from 'node:assert'
import { defineJob, type MillhandError } from 'millhand'
import { type CrashSweepOptions, crashSweep } from 'millhand/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const child = defineJob({ name: 'test.child', input: z.object({ of: z.string() }) })

/** What a handler does to the world outside, and how a sweep looks at it. */
function world() {
  const effects: string[] = []
  const options: CrashSweepOptions = { setup: () => void effects.splice(0), state: () => effects }
  return { effects, options }
}

/** The error of a sweep that finds something. */
async function foundBy(sweep: Promise<unknown>): Promise<AssertionError> {
  const error: unknown = await sweep.then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(AssertionError)
  return error as AssertionError
}

describe('crashSweep finds a handler that', () => {
  test('does something twice', async () => {
    const { effects, options } = world()
    const job = defineJob({ name: 'test.twice', run: () => void effects.push('sent') })
    const error = await foundBy(crashSweep(job, undefined, options))
    expect(error.message).toMatch(/^After 1 of 2 crashes 'test.twice' did not come to the end/)
    expect(error.message).toContain(
      "What 'state' gave was\n  [ 'sent', 'sent' ]\ninstead of\n  [ 'sent' ]\nwith a crash\n  before call 1, the end of the attempt (complete)\n",
    )
    expect(error.message).toContain('ctx.job.id')
    expect(error).toMatchObject({ actual: ['sent', 'sent'], expected: ['sent'] })
  })

  test('leaves something out, since it was marked as done before it was', async () => {
    const done = new Set<string>()
    const { effects, options } = world()
    const job = defineJob({
      name: 'test.marked',
      run(_, ctx) {
        if (done.has(ctx.job.id)) return
        done.add(ctx.job.id)
        ctx.progress(0.5)
        effects.push('sent')
      },
    })
    const setup = () => {
      effects.splice(0)
      done.clear()
    }
    const error = await foundBy(crashSweep(job, null, { ...options, setup }))
    expect(error.message).toContain(
      "What 'state' gave was\n  []\ninstead of\n  [ 'sent' ]\nwith a crash\n  before call 1, ctx.progress\n",
    )
  })

  test('enqueues without a key', async () => {
    const job = defineJob({
      name: 'test.parent',
      run: async (_, ctx) => void (await ctx.enqueue(child, { of: 'a' })),
    })
    const error = await foundBy(crashSweep(job))
    expect(error.message).toMatch(/^After 2 of 4 crashes/)
    expect(error.message).toContain(
      `What else is in the queue was
  [ { name: 'test.child', input: { of: 'a' } }, { name: 'test.child', input: { of: 'a' } } ]
instead of
  [ { name: 'test.child', input: { of: 'a' } } ]
with a crash
  after call 1, ctx.enqueue(test.child), whose answer was lost
  before call 2, the end of the attempt (complete)
Enqueue it in ctx.transaction with { tx }`,
    )
    expect(error.actual).toHaveLength(2)
  })

  test('cannot begin where another attempt has been', async () => {
    const taken = new Set<string>()
    const job = defineJob({
      name: 'test.clash',
      retries: 0,
      async run(_, ctx) {
        if (taken.has('a')) throw new Error('a is taken')
        taken.add('a')
        await ctx.checkpoint(1)
      },
    })
    const error = await foundBy(crashSweep(job, null, { setup: () => taken.clear() }))
    expect(error.message).toContain("{ state: 'failed', failure: 'a is taken' }")
    expect(error.message).toContain('has to be able to begin where one that crashed has already been')
  })

  test('does something after its transaction has completed the job, or in it beside the database', async () => {
    const { effects, options } = world()
    const after = defineJob({
      name: 'test.after',
      run: async (_, ctx) => {
        await ctx.transaction(() => 'done')
        effects.push('sent')
      },
    })
    const late = await foundBy(crashSweep(after, null, { ...options, store: 'sqlite' }))
    expect(late.message).toContain('gave was\n  []\n')
    expect(late.message).toContain('after call 1, ctx.transaction, whose answer was lost')
    const inside = defineJob({
      name: 'test.inside',
      run: (_, ctx) => ctx.transaction(() => void effects.push('sent')),
    })
    const beside = await foundBy(crashSweep(inside, null, { ...options, store: 'sqlite' }))
    expect(beside.message).toContain("gave was\n  [ 'sent', 'sent' ]\n")
    expect(beside.message).toContain('before call 2, the commit of ctx.transaction')
  })
})

describe('crashSweep passes a handler that', () => {
  test('tells apart by its id what it has done', async () => {
    const sent = new Map<string, string>()
    const job = defineJob({
      name: 'test.keyed',
      input: z.object({ to: z.string() }),
      async run({ to }, ctx) {
        ctx.log.info('sending', { to })
        sent.set(ctx.job.id, to)
        await ctx.enqueue(child, { of: to }, { key: ctx.job.id })
        return { to }
      },
    })
    const options = { setup: () => sent.clear(), state: () => [...sent.values()] }
    expect(await crashSweep(job, { to: 'ada' }, options)).toEqual({
      calls: ['ctx.log.info', 'ctx.enqueue(test.child)', 'the end of the attempt (complete)'],
      crashes: 5,
      leftOut: 0,
    })
  })

  test('goes on from its checkpoint', async () => {
    const { effects, options } = world()
    const job = defineJob({
      name: 'test.pages',
      checkpoint: z.number(),
      async run(_, ctx) {
        for (let page = ctx.checkpointed ?? 0; page < 3; page += 1) {
          if (!effects.includes(`page ${page}`)) effects.push(`page ${page}`)
          await ctx.checkpoint(page + 1)
        }
        return ctx.context
      },
    })
    const report = await crashSweep(job, null, { ...options, context: { user: 'ada' } })
    expect(report).toMatchObject({ crashes: 8 })
  })

  test('writes and enqueues in one transaction with its completion', async () => {
    const job = defineJob({
      name: 'test.booked',
      run: (_, ctx) =>
        ctx.transaction(async (tx) => {
          tx.prepare('insert into entries values (?)').run(ctx.job.id)
          await ctx.enqueue(child, { of: 'entry' }, { tx })
          return 'booked'
        }),
    })
    const report = await crashSweep(job, null, {
      store: 'sqlite',
      setup: (queue) => queue.transaction((tx) => tx.exec('create table entries (job text)')),
      state: (queue) => queue.transaction((tx) => tx.prepare('select job from entries').all()),
    })
    expect(report).toEqual({
      calls: ['ctx.transaction', 'ctx.enqueue(test.child)', 'the commit of ctx.transaction'],
      crashes: 5,
      leftOut: 0,
    })
  })

  test('snoozes, fails and is retried on the way', async () => {
    const seen = new Set<number>()
    const job = defineJob({
      name: 'test.winding',
      async run(_, ctx) {
        if (ctx.job.errors.length === 0) throw new Error('not yet')
        if (!ctx.checkpointed) {
          await ctx.checkpoint(true)
          return ctx.snooze('1d')
        }
        seen.add(1)
        return 'done'
      },
    })
    const options = { setup: () => seen.clear(), state: () => seen }
    expect((await crashSweep(job, null, options)).calls).toEqual([
      'the end of the attempt (retry)',
      'ctx.checkpoint',
      'the end of the attempt (snooze)',
      'the end of the attempt (complete)',
    ])
  })
})

describe('crashSweep refuses, with what to do,', () => {
  const code = (sweep: Promise<unknown>) =>
    sweep.then(
      () => 'passed',
      ({ code }: MillhandError) => code,
    )

  test('a job that does not complete without a crash', async () => {
    const job = defineJob({
      name: 'test.fails',
      retries: 1,
      run() {
        throw new Error('no such user')
      },
    })
    await expect(crashSweep(job)).rejects.toMatchObject({
      code: 'run_incomplete',
      message: expect.stringContaining("ended as { state: 'failed', failure: 'no such user' }"),
    })
    const transaction = defineJob({ name: 'test.tx', retries: 0, run: (_, ctx) => ctx.transaction(() => 1) })
    await expect(crashSweep(transaction)).rejects.toThrow("pass { store: 'sqlite' }")
  })

  test('a handler that never settles, and says where it was', async () => {
    const job = defineJob({
      name: 'test.stuck',
      async run(_, ctx) {
        ctx.log.info('waiting')
        await new Promise(() => {})
      },
    })
    await expect(crashSweep(job, null, { timeout: '50ms' })).rejects.toMatchObject({
      code: 'handler_stuck',
      facts: { name: 'test.stuck', timeoutMs: 50, last: 'ctx.log.info' },
    })
  })

  test('a handler that goes another way in another run', async () => {
    let runs = 0
    const calls = defineJob({
      name: 'test.whim',
      async run(_, ctx) {
        runs += 1
        if (runs % 2 === 0) await ctx.checkpoint(runs)
      },
    })
    await expect(crashSweep(calls)).rejects.toMatchObject({
      code: 'not_repeatable',
      message: expect.stringContaining(
        'call 1 was the end of the attempt (complete) in one run, and ctx.checkpoint',
      ),
    })
    const output = defineJob({ name: 'test.count', run: () => ++runs })
    await expect(crashSweep(output)).rejects.toThrow(
      /without any crash, 'job' was .*output: \d+ } in one run/,
    )
  })

  test('a state that cannot be compared, and one that was not returned', async () => {
    const job = defineJob({ name: 'test.plain', run: () => {} })
    expect(await code(crashSweep(job, null, { state: () => () => {} }))).toBe('state_not_comparable')
    expect(await code(crashSweep(job, null, { state: () => {} }))).toBe('state_not_comparable')
    const hostile = {
      get field() {
        throw new Error('hostile')
      },
    }
    await expect(crashSweep(job, null, { state: () => hostile })).rejects.toThrow(
      /cannot be compared: .*hostile/,
    )
  })

  test('what is no definition with a handler, input or options that do not fit', async () => {
    const job = defineJob({ name: 'test.plain', input: z.object({ to: z.string() }), run: () => {} })
    expect(await code(crashSweep(child as never, { of: 'a' } as never))).toBe('missing_handler')
    expect(await code(crashSweep({} as never, null as never))).toBe('invalid_option')
    expect(await code(crashSweep(job, {} as never))).toBe('invalid_input')
    expect(await code(crashSweep(job, { to: 'ada' }, { maxCalls: 0 }))).toBe('invalid_option')
    await expect(crashSweep(job, { to: 'ada' }, { store: 'postgres' } as never)).rejects.toThrow(
      /'memory', 'sqlite'/,
    )
  })

  test('nothing that setup, state or onProgress throw: it comes through as it is', async () => {
    const job = defineJob({ name: 'test.plain', run: () => {} })
    const broken = () => {
      throw new RangeError('mine')
    }
    await expect(crashSweep(job, null, { setup: broken })).rejects.toThrow(RangeError)
    await expect(crashSweep(job, null, { state: broken })).rejects.toThrow(RangeError)
    await expect(crashSweep(job, null, { onProgress: broken })).rejects.toThrow(RangeError)
  })
})

test('a handler of thousands of calls is swept in some of them, evenly spread, and the report says so', async () => {
  const job = defineJob({
    name: 'test.many',
    run(_, ctx) {
      for (let row = 0; row < 2_000; row += 1) ctx.progress(row / 2_000)
    },
  })
  const told: number[] = []
  const report = await crashSweep(job, null, { maxCalls: 5, onProgress: ({ done }) => void told.push(done) })
  expect(report).toMatchObject({ crashes: 6, leftOut: 1_996 })
  expect(report.calls).toHaveLength(2_001)
  expect(told).toEqual([1, 2, 3, 4, 5, 6])
})

test('a crash wakes no handler: no time-out, no abort and no answer reaches one that is dead', async () => {
  const { effects, options } = world()
  const job = defineJob({
    name: 'test.woken',
    timeout: '5s',
    async run(_, ctx) {
      ctx.signal.addEventListener('abort', () => effects.push('aborted'))
      try {
        await ctx.checkpoint(1)
      } finally {
        if (!effects.includes('ended')) effects.push('ended')
      }
      // So that time moves on, past the time-out of the attempt that is dead.
      if (ctx.attempt === 1) throw new Error('once more')
    },
  })
  await crashSweep(job, null, options)
})
