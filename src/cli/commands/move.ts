import type { Call, CommandSpec } from '../command.ts'
import { MANY_OPTIONS, type Many, type ManyFlags, runMany } from '../many.ts'
import { withQueue } from '../session.ts'

/** `millhand move`: moves pending jobs that fit a filter to another queue. */
export const moveCommand: CommandSpec<ManyFlags> = {
  name: 'move',
  arguments: [['<to>', 'the queue that they go to']],
  summary: 'Move pending jobs that fit a filter to another queue.',
  options: MANY_OPTIONS,
  examples: ['millhand move images --name images.resize --queue default --yes'],
  run: (call) => withQueue(call, {}, (queue) => runMany(moving(call), call, queue)),
}

function moving({ args: [to = ''] }: Call): Many {
  return { verb: 'move', done: 'moved', apply: (jobs, options) => jobs.move(to, options) }
}
