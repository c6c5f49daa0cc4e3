import type { Queue } from '../../queue/queue.ts'
import type { CommandSpec } from '../command.ts'
import { nearNames } from '../near-names.ts'
import { withQueue } from '../session.ts'
import type { Terminal } from '../terminal.ts'

/** `millhand free-key NAME KEY`: lets go of a key that outlives its job. */
export const freeKeyCommand: CommandSpec = {
  name: 'free-key',
  arguments: [
    ['<name>', 'the name of the job'],
    ['<key>', 'its key'],
  ],
  summary: 'Let go of a key that is kept beyond the end of its job, so that the work may be enqueued again.',
  examples: ['millhand free-key report.build 2026-05-01'],
  run: (call) => withQueue(call, {}, (queue) => freeKeyOf(queue, call.args, call.terminal)),
}

/** Lets go of it, and says so; where there was nothing to let go of, who holds it or which name may have been meant. */
export async function freeKeyOf(
  queue: Queue,
  [name = '', key = '']: readonly string[],
  terminal: Terminal,
): Promise<undefined> {
  const freed = await queue.freeKey(name, key)
  const [holder] = await queue.list({ name, key, state: ['pending', 'running'], limit: 1 })
  const isStrange = !freed && !holder && !terminal.json
  const hint = isStrange ? await nearNames(queue, { name: [name] }) : ''
  terminal.show({ name, key, freed, ...(holder && { heldBy: holder.id }) }, () => {
    const done = freed
      ? `Key '${key}' of '${name}' is free.`
      : `Key '${key}' of '${name}' was not kept.${hint}`
    return holder ? `${done} Job ${holder.id} is ${holder.state} and holds it until it has ended.` : done
  })
  return undefined
}
