import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'
import { unusedQueue } from '../strange-queue.ts'

/** `millhand pause QUEUE`. */
export const pauseCommand: CommandSpec = {
  name: 'pause',
  arguments: [['<queue>', 'the name of the queue']],
  summary: 'Stop claims from a queue, in all processes; what runs goes on.',
  examples: ['millhand pause mail'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const [name = ''] = call.args
      await queue.pause(name)
      const note = await unusedQueue(queue, name)
      if (note !== undefined && !call.terminal.json) call.terminal.note(note)
      call.terminal.show(
        { queue: name, paused: true, ...(note !== undefined && { note }) },
        () => `Queue '${name}' is paused (millhand resume ${name}).`,
      )
      return undefined
    }),
}
