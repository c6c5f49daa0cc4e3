import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'

/** `millhand resume QUEUE`. */
export const resumeCommand: CommandSpec = {
  name: 'resume',
  arguments: [['<queue>', 'the name of the queue']],
  summary: 'Let a paused queue go on.',
  examples: ['millhand resume mail'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const [name = ''] = call.args
      await queue.resume(name)
      call.terminal.show({ queue: name, paused: false }, () => `Queue '${name}' goes on.`)
      return undefined
    }),
}
