import { expect, onTestFinished, test } from 'vitest'
import { type Bulk, runBulk } from '../../../src/cli/bulk.ts'
import { freeKeyOf } from '../../../src/cli/commands/free-key.ts'
import type { ManyFlags } from '../../../src/cli/many.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { defineJob } from '../../../src/index.ts'
import { jobError } from '../../../src/job/errors.ts'
import { openTestQueue } from '../../../src/testing/index.ts'
import { hangUp } from './hang-up.ts'
import { KeptStream } from './stream.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

const CANCELLING: Bulk = {
  ...{ verb: 'cancel', done: 'cancelled' },
  apply: (on, ids) => on.cancel(ids),
  toAll: (jobs, options) => jobs.cancel('enough', options),
}

test('a refusal of one job is told as an error, in the words of the command line', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const stderr = new KeptStream()
  const terminal = new Terminal({ stdout: new KeptStream(), stderr, env: {}, json: false })
  const { id } = await queue.enqueue(work, null, { key: 'one' })
  const retrying: Bulk = {
    ...{ verb: 'retry', done: 'retried' },
    apply: (on, ids) => on.retry(ids),
    toAll: (jobs, given) => jobs.retry(given),
  }
  const retry = () => runBulk(retrying, { command: 'retry', args: [id], options: {}, terminal }, queue)
  await retry()
  expect(stderr.text).toMatch(
    /^error: Job '.*' is pending: only a failed or cancelled job .* \(not_retryable\)\n$/,
  )
  await queue.cancel(id)
  await queue.enqueue(work, null, { key: 'one' })
  await retry()
  expect(stderr.text).toContain("'millhand free-key NAME KEY'")
})

async function scene(json = false) {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const [stdout, stderr] = [new KeptStream(), new KeptStream()]
  const terminal = new Terminal({ stdout, stderr, env: {}, json })
  const cancel = (options: ManyFlags, args: readonly string[] = []) =>
    runBulk(CANCELLING, { command: 'cancel', args, options, terminal }, queue)
  return { queue, stdout, stderr, terminal, cancel }
}

test('a filter that fits needs a yes; one that fits nothing has nothing to do', async () => {
  const { queue, stdout, cancel } = await scene()
  await queue.enqueue(work, null)
  await expect(cancel({ name: ['test.work'] })).rejects.toMatchObject({ code: 'confirmation_required' })
  expect(await cancel({ name: ['nothing.like.it'] })).toBeUndefined()
  expect(stdout.text).toBe('0 job(s) cancelled.\n')
  expect(await queue.operations()).toEqual([])
})

test('where nothing fits, the name that is near is told, whether it would be done or was, and of a key too', async () => {
  const { queue, stdout, terminal, cancel } = await scene()
  await queue.enqueue(work, null)
  await cancel({ name: ['test.wrok'], yes: true })
  await cancel({ name: ['test.wrok'] })
  await freeKeyOf(queue, ['test.wrok', 'k'], terminal)
  const meant = " Did you mean 'test.work'?\n"
  const none = `0 job(s) cancelled.${meant}`
  expect(stdout.text).toBe(`${none}${none}Key 'k' of 'test.wrok' was not kept.${meant}`)
})

test('a dry run says how many it would be, with a yes too', async () => {
  const { queue, stdout, cancel } = await scene()
  await queue.enqueueMany(work, [null, null])
  await cancel({ name: ['test.work'], dryRun: true, yes: true })
  expect(stdout.text).toBe('2 job(s) would be cancelled.\n')
  expect(await queue.count({ state: 'pending' })).toBe(2)
})

test('with a yes it is done, told piece by piece, and kept with who asked for it', async () => {
  const { queue, stdout, stderr, cancel } = await scene()
  await queue.enqueueMany(
    work,
    Array.from({ length: 1_200 }, () => null),
  )
  await cancel({ all: true, yes: true, operation: 'x', by: 'ada' })
  expect(stderr.text).toBe('1000 of 1200 job(s) cancelled\n')
  expect(stdout.text).toBe('1200 job(s) cancelled.\n')
  expect(await queue.operations()).toMatchObject([
    { id: 'x', by: 'ada', verb: 'cancel', reason: 'enough', jobs: 1_200 },
  ])
})

test('for programs it is a document with the id of the operation, and whoever runs it has asked for it', async () => {
  const { queue, stdout, stderr, cancel } = await scene(true)
  await queue.enqueue(work, null)
  await cancel({ name: ['test.work'], yes: true })
  const { operation, ...rest } = JSON.parse(stdout.text)
  expect(rest).toEqual({ dryRun: false, jobs: 1 })
  expect(stderr.text).toBe('')
  expect(await queue.operations()).toMatchObject([{ id: operation, by: expect.any(String) }])
})

test('one that is interrupted says how to go on, for programs as a document', async () => {
  const { queue, stderr, terminal } = await scene(true)
  await queue.enqueue(work, null)
  const toAll = () => {
    hangUp()
    throw jobError('operation_incomplete', { operation: 'x', verb: 'cancel', problem: 'interrupted' })
  }
  const call = { command: 'cancel', args: [], options: { all: true, yes: true }, terminal }
  expect(await runBulk({ ...CANCELLING, toAll }, call, queue)).toBe(130)
  expect(JSON.parse(stderr.text).error).toMatchObject({
    code: 'operation_incomplete',
    message: expect.stringContaining('--operation x'),
    facts: { operation: 'x' },
  })
})

test.each<[ManyFlags, readonly string[], RegExp]>([
  [{}, [], /Give the ids of jobs, or a filter/],
  [{ all: true, name: ['test.work'] }, [], /a filter or --all, not both/],
  [{ all: true }, ['some-id'], /ids or a filter, not both/],
  [{ dryRun: true }, ['some-id'], /--dry-run goes with a filter/],
  [
    { state: ['failed'], yes: true },
    [],
    /Only jobs that are pending or running can be cancelled, not failed/,
  ],
])('%j with %j is refused', async (options, args, message) => {
  const { cancel } = await scene()
  await expect(cancel(options, args)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(message),
  })
})
