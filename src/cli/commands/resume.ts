import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'
import { unpausedQueue } from '../strange-queue.ts'

/** `millhand resume QUEUE`. */
export const resumeCommand: CommandSpec = {
  name: 'resume',
  arguments: [['<queue>', 'the name of the queue']],
  summary: 'Let a paused queue go on.',
  examples: ['millhand resume mail'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const [name = ''] = call.args
      const note = await unpausedQueue(queue, name)
      await queue.resume(name)
      if (note !== undefined) call.terminal.note(note)
      call.terminal.show(
        { queue: name, paused: false, ...(note !== undefined && { note }) },
        () => `Queue '${name}' goes on.`,
      )
      return undefined
    }),
}
