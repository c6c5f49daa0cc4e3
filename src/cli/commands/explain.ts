import { oneLine } from '../../kit/visible.ts'
import type { Explanation } from '../../queue/explain.ts'
import type { CommandSpec } from '../command.ts'
import { ID_DOC, idOf } from '../job-id.ts'
import { reasonLines } from '../job-sheet.ts'
import { withQueue } from '../session.ts'

/** `millhand explain ID`: why a job is where it is. */
export const explainCommand: CommandSpec = {
  name: 'explain',
  arguments: [['<id>', ID_DOC]],
  summary:
    'Say why a job is where it is: due later, queue paused, no worker for it, waiting for a slot or a limit, running where.',
  examples: ['millhand explain 0190a1b2-…', 'millhand explain last'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const explanation = await queue.explain(await idOf(queue, call.args[0] ?? ''))
      call.terminal.show(explanation, () => [
        headLine(explanation),
        ...reasonLines(explanation.reasons, call.terminal.paint),
      ])
      return undefined
    }),
}

/** Whose reasons follow; with its state, where they do not begin with that. */
export function headLine({ name, state, queue, reasons }: Explanation): string {
  const told = reasons[0]?.text.startsWith(state) ? '' : ` is ${state}`
  return oneLine(`${name} in queue '${queue}'${told}:`)
}
