import { readStored, toDate } from '../../job/stored.ts'
import type { CommandSpec } from '../command.ts'
import { ID_DOC, idOf } from '../job-id.ts'
import { withQueue } from '../session.ts'

/** `millhand job ID`: everything that is known of one job. */
export const jobCommand: CommandSpec = {
  name: 'job',
  arguments: [['<id>', ID_DOC]],
  summary: 'Show everything of one job: fields, why it is where it is, errors, progress, log lines.',
  examples: ['millhand job 0190a1b2-…', 'millhand job last --json'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const id = await idOf(queue, call.args[0] ?? '', call.command)
      const [job, explanation, logs] = await Promise.all([
        queue.handle(id).get(),
        queue.explain(id),
        queue.logs(id),
      ])
      const { sheetLines } = await import('../job-sheet.ts')
      const shown = logs.map(({ at, data, ...line }) => ({
        ...line,
        at: toDate(at),
        ...(data === null ? {} : { data: readStored(data) }),
      }))
      const document = { ...job, explanation, logs: shown }
      call.terminal.show(document, () => sheetLines({ job, explanation, logs }, call.terminal.paint))
      return undefined
    }),
}
