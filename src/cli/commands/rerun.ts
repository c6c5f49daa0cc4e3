import type { CommandSpec } from '../command.ts'
import { given } from '../filter.ts'
import { readInput } from '../input.ts'
import { ID_DOC, idOf } from '../job-id.ts'
import { remarkOn } from '../remark.ts'
import { withQueue } from '../session.ts'

/** `millhand rerun`: makes a new job of an old one, with its input or an edited one. */
export const rerunCommand: CommandSpec = {
  name: 'rerun',
  arguments: [
    ['<id>', ID_DOC],
    ['[json]', "the edited input; '-' reads it from standard input (default: the input that it had)"],
  ],
  summary:
    'Make a new job of an old one, with its input or an edited one. To run the same job again, retry it.',
  examples: ['millhand rerun 0190a1b2-…', `millhand rerun 0190a1b2-… '{"path":"b.pdf"}'`],
  run: async (call) => {
    const input = await readInput(call)
    return withQueue(call, { jobs: true }, async (queue) => {
      const rerunOf = await idOf(queue, call.args[0] ?? '', call.command)
      const job = await queue.rerun(rerunOf, given({ input }))
      const { id, existed } = job
      call.terminal.show({ id, existed, rerunOf }, () => `${id}${remarkOn(job)}`)
      return undefined
    })
  },
}
