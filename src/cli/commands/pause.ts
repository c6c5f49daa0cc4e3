import type { PauseOptions } from '../../queue/pause.ts'
import type { CommandSpec } from '../command.ts'
import { given } from '../filter.ts'
import { withQueue } from '../session.ts'
import { shellWord } from '../shell-word.ts'
import { unusedQueue } from '../strange-queue.ts'

interface Options {
  readonly by?: string
  readonly reason?: string
}

/** `millhand pause QUEUE`. */
export const pauseCommand: CommandSpec<Options> = {
  name: 'pause',
  arguments: [['<queue>', 'the name of the queue']],
  summary: 'Stop claims from a queue, in all processes; what runs goes on.',
  options: [
    { flags: '--by <name>', doc: 'who pauses it: shown with the pause' },
    { flags: '--reason <text>', doc: 'why: shown with the pause, and by explain' },
  ],
  examples: ['millhand pause mail', "millhand pause mail --by ana --reason 'the provider is down'"],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const [name = ''] = call.args
      const { by, reason } = call.options
      const said = given({ by, reason }) as PauseOptions
      await queue.pause(name, said)
      const note = await unusedQueue(queue, name)
      if (note !== undefined) call.terminal.note(note)
      call.terminal.show(
        { queue: name, paused: true, ...said, ...(note !== undefined && { note }) },
        () => `Queue '${name}' is paused (millhand resume ${shellWord(name)}).`,
      )
      return undefined
    }),
}
