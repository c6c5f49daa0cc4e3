import { expect, test } from 'vitest'
import { withQueue } from '../../../src/cli/session.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { KeptStream } from './stream.ts'

const terminal = new Terminal({ stdout: new KeptStream(), stderr: new KeptStream(), env: {}, json: false })

test('a server that cannot be reached is said to be so at once, also to who would make the tables', async () => {
  const options = { store: 'postgres://ann@127.0.0.1:1/none' }
  for (const create of [true, false]) {
    const call = { command: 'enqueue', args: [], options, terminal }
    const refused = withQueue(call, { create }, async () => {})
    await expect(refused).rejects.toMatchObject({ code: 'store_unavailable' })
    // It says so where it has waited.
    await expect(refused).rejects.not.toThrow(/tried again/)
  }
})
