import { oneLine } from '../../kit/visible.ts'
import type { CommandSpec } from '../command.ts'
import { ID_DOC, idOf } from '../job-id.ts'
import { reasonLines } from '../job-sheet.ts'
import { withQueue } from '../session.ts'

/** `millhand explain ID`: why a job is where it is. */
export const explainCommand: CommandSpec = {
  name: 'explain',
  arguments: [['<id>', ID_DOC]],
  summary:
    'Say why a job is where it is: due later, queue paused, no worker for it, waiting for a slot, running where.',
  examples: ['millhand explain 0190a1b2-…', 'millhand explain last'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const explanation = await queue.explain(await idOf(queue, call.args[0] ?? ''))
      const { name, state, queue: lane, reasons } = explanation
      call.terminal.show(explanation, () => [
        oneLine(`${name} in queue '${lane}' is ${state}:`),
        ...reasonLines(reasons, call.terminal.paint),
      ])
      return undefined
    }),
}
