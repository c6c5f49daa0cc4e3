import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Call } from '../../../src/cli/command.ts'
import { runHere } from '../../../src/cli/run-here.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import type { Config } from '../../../src/config/index.ts'
import { defineJob } from '../../../src/index.ts'
import { KeptStream } from './stream.ts'

const child = defineJob({ name: 'test.child', run: () => {} })

const index = defineJob({
  name: 'test.index',
  input: z.object({ path: z.string() }),
  retries: 1,
  async run({ path }, ctx) {
    ctx.progress({ fraction: 0.5, message: 'half way' })
    ctx.log.info('reading', { path })
    await ctx.checkpoint({ at: 7 })
    await ctx.enqueue(child, null)
    if (path === 'transaction') await ctx.transaction(() => 1)
    if (path === 'broken')
      throw new TypeError('no such page', { cause: new Error('disk postgres://u:pw@h/d') })
    return { attempt: ctx.attempt, context: ctx.context, checkpointed: ctx.checkpointed }
  },
})

const spec = defineJob({ name: 'test.spec' })
const media = defineJob({ name: 'video.*', run: (_, ctx) => ctx.job.name })
const images = defineJob({ name: 'image.*' })

interface Run {
  readonly json?: boolean
  readonly name?: string
  readonly given?: object
  readonly worker?: Config['worker']
}

async function run(input: unknown, { json = false, name = 'test.index', given = {}, worker = {} }: Run = {}) {
  const [stdout, stderr] = [new KeptStream(), new KeptStream()]
  const terminal = new Terminal({ stdout, stderr, env: {}, json })
  const call: Call = { command: 'run', args: [name], options: {}, terminal }
  const config = {
    definitions: [index, media],
    specs: [index, spec, media, images],
    worker,
  } as Partial<Config> as Config
  const code = await runHere(call, config, { input, given })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

test('a handler runs here and now: its output is printed, and what it told on the way beside it', async () => {
  const given = { attempt: 2, context: { user: 'ann' }, checkpoint: 3 }
  const { code, stdout, stderr } = await run({ path: 'a.pdf' }, { given })
  expect(code).toBeUndefined()
  expect(JSON.parse(stdout)).toEqual({ attempt: 2, context: { user: 'ann' }, checkpointed: 3 })
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    'progress   50% half way',
    'info       reading {"path":"a.pdf"}',
    'checkpoint {"at":7}',
    'enqueue    test.child null (nothing is stored)',
  ])
})

test('a failure is shown whole, with its stack and its cause, and without passwords; the exit code says it', async () => {
  const { code, stdout, stderr } = await run({ path: 'broken' })
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' })
  expect(stderr).toMatch(
    /TypeError: no such page\n {4}at .*run-here\.test[\s\S]*caused by Error: disk postgres:.*\n {4}at /,
  )
  expect(stderr).toContain('failed (error): the job would be retried in 1.0s')
  expect(stderr).not.toContain('pw@')
  const last = await run({ path: 'broken' }, { given: { attempt: 2 } })
  expect(last.stderr).toContain('failed (error): the job would not be retried')
})

test('for programs it is one document', async () => {
  const done = JSON.parse((await run({ path: 'a' }, { json: true })).stdout)
  expect(done).toMatchObject({
    name: 'test.index',
    outcome: { verb: 'complete', output: { attempt: 1 } },
    progress: [{ fraction: 0.5 }],
    logs: [{ level: 'info', message: 'reading', data: { path: 'a' } }],
    checkpoints: [{ at: 7 }],
    enqueued: [{ name: 'test.child' }],
  })
  const failed = await run({ path: 'broken' }, { json: true })
  expect(JSON.parse(failed.stdout).outcome).toMatchObject({
    verb: 'retry',
    error: { name: 'TypeError', message: 'no such page', cause: { message: expect.stringMatching(/^disk/) } },
  })
})

test('a teardown that fails is told, for programs in the document', async () => {
  const teardown = () => {
    throw new Error('still in use')
  }
  const worker = { setup: () => ({}), teardown }
  expect((await run({ path: 'a' }, { worker })).stderr).toContain('the teardown failed: still in use')
  const { stdout, stderr } = await run({ path: 'a' }, { worker, json: true })
  expect(JSON.parse(stdout)).toMatchObject({ teardownError: { message: 'still in use' } })
  expect(stderr).toBe('')
})

test('what needs a queue is refused with what to do instead', async () => {
  const { stderr } = await run({ path: 'transaction' })
  expect(stderr).toContain('ctx.transaction needs a queue, and millhand run has none. Enqueue the job')
})

test('input, name and handler are checked before anything runs', async () => {
  await expect(run({ path: 7 })).rejects.toMatchObject({ code: 'invalid_input' })
  await expect(run({}, { name: 'test.indx' })).rejects.toMatchObject({ code: 'unknown_job' })
  await expect(run({}, { name: 'test.spec' })).rejects.toMatchObject({ code: 'missing_handler' })
  await expect(run({ path: 'a' }, { given: { attempt: 0 } })).rejects.toMatchObject({
    code: 'invalid_option',
  })
})

test('what a prefix handles runs under its own name, which a prefix is not', async () => {
  expect(JSON.parse((await run(null, { name: 'video.cut' })).stdout)).toBe('video.cut')
  await expect(run(null, { name: 'video.*' })).rejects.toMatchObject({ code: 'invalid_name' })
  await expect(run(null, { name: 'image.crop' })).rejects.toMatchObject({ code: 'missing_handler' })
})
