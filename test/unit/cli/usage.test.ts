import { expect, test } from 'vitest'
import { devCommand } from '../../../src/cli/commands/dev.ts'
import { enqueueCommand } from '../../../src/cli/commands/enqueue.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { KeptStream } from './stream.ts'

const terminal = new Terminal({ stdout: new KeptStream(), stderr: new KeptStream(), env: {}, json: false })

test('flags of enqueue that make no sense are refused before anything is read', async () => {
  const refused = (options: object) =>
    enqueueCommand.run({ command: 'enqueue', args: ['a', '-'], options, terminal })
  await expect(refused({ waitTimeout: '1s' })).rejects.toThrow(/^--wait-timeout is for --wait\. /)
  await expect(refused({ delay: '1s', runAt: 'x' })).rejects.toThrow(/give one of them\. /)
})

test('a command is named as it is typed', async () => {
  const dev = devCommand.run({ command: 'dev', args: [], options: { processes: '0' }, terminal })
  await expect(dev).rejects.toThrow(/ See 'millhand dev --help'\.$/)
  const both = { delay: '1s', runAt: 'x' }
  const enqueue = enqueueCommand.run({ command: 'enqueue', args: ['a'], options: both, terminal })
  await expect(enqueue).rejects.toThrow(/ See 'millhand enqueue --help'\.$/)
})
