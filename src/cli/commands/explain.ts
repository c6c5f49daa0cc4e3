import { oneLine } from '../../kit/visible.ts'
import type { Explanation } from '../../queue/explain.ts'
import type { Queue } from '../../queue/queue.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { ID_DOC, idOf } from '../job-id.ts'
import { reasonLines } from '../job-sheet.ts'
import { countLines } from '../queue-counts.ts'
import { withQueue } from '../session.ts'
import { unusedQueue } from '../strange-queue.ts'

interface Options {
  readonly queue?: string
}

/** `millhand explain ID`: why a job is where it is; with `--queue`, why those of a queue wait. */
export const explainCommand: CommandSpec<Options> = {
  name: 'explain',
  arguments: [['[id]', ID_DOC]],
  summary:
    'Say why a job is where it is: due later, queue paused, no worker for it, waiting for a slot or a limit, running where.',
  options: [{ flags: '--queue <name>', doc: 'why the jobs of this queue wait, and how many' }],
  examples: ['millhand explain 0190a1b2-…', 'millhand explain last', 'millhand explain --queue mail'],
  run: async (call) => {
    const { queue: name } = call.options
    const [id] = call.args
    if ((id === undefined) === (name === undefined)) {
      const problem = 'say which job, or which queue with --queue, and not both'
      throw cliError('usage', { problem, command: 'explain' })
    }
    return withQueue(call, {}, async (queue) => {
      await (name === undefined ? explainJob(queue, id ?? '', call) : explainQueue(queue, name, call))
      return undefined
    })
  },
}

async function explainJob(queue: Queue, id: string, { command, terminal }: Call<Options>): Promise<void> {
  const explanation = await queue.explain(await idOf(queue, id, command))
  terminal.show(explanation, () => [
    headLine(explanation),
    ...reasonLines(explanation.reasons, terminal.paint),
  ])
}

async function explainQueue(queue: Queue, name: string, { terminal }: Call<Options>): Promise<void> {
  const explanation = await queue.explainQueue(name)
  const isUnused = explanation.names.length === 0 && explanation.pause === undefined
  const note = isUnused ? await unusedQueue(queue, name) : undefined
  terminal.show({ ...explanation, note: note ?? null }, () => [
    oneLine(`queue '${explanation.queue}':`),
    ...reasonLines(explanation.reasons, terminal.paint),
    ...(note === undefined ? [] : [`  ${oneLine(note)}`]),
    ...countLines(explanation, terminal),
  ])
}

/** Whose reasons follow; with its state, where they do not begin with that. */
export function headLine({ name, state, queue, reasons }: Explanation): string {
  const told = reasons[0]?.text.startsWith(state) ? '' : ` is ${state}`
  return oneLine(`${name} in queue '${queue}'${told}:`)
}
