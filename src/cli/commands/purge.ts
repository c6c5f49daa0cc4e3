import type { CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { given } from '../filter.ts'
import { withQueue } from '../session.ts'
import { unusedQueue } from '../strange-queue.ts'

interface Options {
  readonly reason?: string
  readonly yes?: boolean
}

/** `millhand purge QUEUE`: cancels all that waits in it. */
export const purgeCommand: CommandSpec<Options> = {
  name: 'purge',
  arguments: [['<queue>', 'the name of the queue']],
  summary: 'Cancel all jobs that wait in a queue, due or not; what runs goes on.',
  options: [
    { flags: '--reason <text>', doc: 'what to record (default: purged)' },
    { flags: '--yes', doc: 'needed: really do it' },
  ],
  examples: ['millhand purge mail --yes', "millhand purge mail --reason 'the campaign is over' --yes"],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const { args, options, terminal } = call
      const [name = ''] = args
      const count = await queue.count({ queue: name, state: 'pending' })
      if (count > 0 && !options.yes) throw cliError('confirmation_required', { verb: 'purge', count })
      const note = await unusedQueue(queue, name)
      const onProgress = (purged: number) => terminal.progress(purged, count, 'job(s) purged')
      const purged = await queue.purge(name, { ...given({ reason: options.reason }), onProgress })
      if (note !== undefined) terminal.note(note)
      terminal.show(
        { queue: name, purged, ...(note !== undefined && { note }) },
        () => `${purged} job(s) purged.`,
      )
      return undefined
    }),
}
