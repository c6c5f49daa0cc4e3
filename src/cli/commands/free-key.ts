import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'

/** `millhand free-key NAME KEY`: lets go of a key that outlives its job. */
export const freeKeyCommand: CommandSpec = {
  name: 'free-key',
  arguments: [
    ['<name>', 'the name of the job'],
    ['<key>', 'its key'],
  ],
  summary: 'Let go of a key that is kept beyond the end of its job, so that the work may be enqueued again.',
  examples: ['millhand free-key report.build 2026-05-01'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const [name = '', key = ''] = call.args
      const freed = await queue.freeKey(name, key)
      const [holder] = await queue.list({ name, key, state: ['pending', 'running'], limit: 1 })
      call.terminal.show({ name, key, freed, ...(holder && { heldBy: holder.id }) }, () => {
        const done = freed ? `Key '${key}' of '${name}' is free.` : `Key '${key}' of '${name}' was not kept.`
        return holder ? `${done} Job ${holder.id} is ${holder.state} and holds it until it has ended.` : done
      })
      return undefined
    }),
}
