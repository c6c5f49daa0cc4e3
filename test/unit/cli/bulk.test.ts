import { expect, onTestFinished, test } from 'vitest'
import { type Bulk, type BulkFlags, runBulk } from '../../../src/cli/bulk.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { defineJob } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'
import { KeptStream } from './stream.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

test('a refusal of one job is told as an error', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const stderr = new KeptStream()
  const terminal = new Terminal({ stdout: new KeptStream(), stderr, env: {}, json: false })
  const { id } = await queue.enqueue(work, null)
  const retrying: Bulk = {
    ...{ verb: 'retry', done: 'retried', states: ['failed', 'cancelled'] },
    apply: (on, ids) => on.retry(ids),
  }
  await runBulk(retrying, { command: 'retry', args: [id], options: {}, terminal }, queue)
  expect(stderr.text).toMatch(
    /^error: Job '.*' is pending: only a failed or cancelled job .* \(not_retryable\)\n$/,
  )
})

test('a filter that fits needs a yes; one that fits nothing has nothing to do', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await queue.enqueue(work, null)
  const stdout = new KeptStream()
  const terminal = new Terminal({ stdout, stderr: new KeptStream(), env: {}, json: false })
  const cancelling: Bulk = {
    ...{ verb: 'cancel', done: 'cancelled', states: ['pending', 'running'] },
    apply: (on, ids) => on.cancel(ids),
  }
  const cancel = (options: BulkFlags) =>
    runBulk(cancelling, { command: 'cancel', args: [], options, terminal }, queue)
  await expect(cancel({ name: ['test.work'] })).rejects.toMatchObject({ code: 'confirmation_required' })
  expect(await cancel({ name: ['test.other'] })).toBeUndefined()
  expect(stdout.text).toBe('0 job(s) cancelled.\n')
})
