import { expect, test } from 'vitest'
import { waitFor } from '../../../src/cli/commands/enqueue.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { hangUp } from './hang-up.ts'
import { KeptStream } from './stream.ts'

/** A wait for a job that nobody runs, which ends with a signal. */
async function interrupted(json: boolean) {
  const [stdout, stderr] = [new KeptStream(), new KeptStream()]
  const terminal = new Terminal({ stdout, stderr, env: {}, json })
  const job = {
    id: 'x1',
    async result({ signal }: { signal?: AbortSignal } = {}) {
      hangUp()
      throw signal?.reason
    },
  }
  const code = await waitFor(job, { command: 'enqueue', args: [], options: {}, terminal })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

test('whoever interrupts a wait is told which job goes on, for programs in the document', async () => {
  expect(await interrupted(false)).toEqual({
    code: 130,
    stdout: '',
    stderr: 'x1 is enqueued; waiting for it\nThe job goes on: millhand job x1\n',
  })
  expect(await interrupted(true)).toEqual({ code: 130, stdout: '{"id":"x1"}\n', stderr: '' })
})
