import type { RetentionOptions } from '../../job/retention.ts'
import type { CommandSpec } from '../command.ts'
import { given, numberOr } from '../filter.ts'
import { withQueue } from '../session.ts'

interface Options {
  readonly complete?: string
  readonly failed?: string
  readonly cancelled?: string
}

/** `millhand prune`: deletes what is older than its retention, now. */
export const pruneCommand: CommandSpec<Options> = {
  name: 'prune',
  summary: 'Delete settled jobs that are older than their retention. Workers do it by themselves.',
  options: [
    {
      flags: '--complete <duration>',
      doc: 'age from which completed jobs are deleted, such as 1d; 0: all of them (default: configuration, 7d)',
    },
    {
      flags: '--failed <duration>',
      doc: 'age from which failed jobs are deleted (default: configuration, 30d)',
    },
    {
      flags: '--cancelled <duration>',
      doc: 'age from which cancelled jobs are deleted (default: configuration, 30d)',
    },
  ],
  examples: ['millhand prune', 'millhand prune --complete 1d --failed 7d'],
  run: (call) =>
    withQueue(call, {}, async (queue, config) => {
      const { complete, failed, cancelled } = call.options
      const flags = {
        complete: numberOr(complete),
        failed: numberOr(failed),
        cancelled: numberOr(cancelled),
      }
      const pruned = await queue.prune({ ...config.retention, ...given(flags) } as RetentionOptions)
      call.terminal.show({ pruned }, () => `Pruned ${pruned} job(s).`)
      return undefined
    }),
}
