import { type Bulk, runBulk } from '../bulk.ts'
import type { CommandSpec } from '../command.ts'
import { IDS_DOC } from '../job-id.ts'
import { MANY_OPTIONS, type ManyFlags } from '../many.ts'
import { withQueue } from '../session.ts'

interface Options extends ManyFlags {
  readonly reason?: string
}

/** `millhand cancel`: cancels jobs by id, or all that a filter chooses. */
export const cancelCommand: CommandSpec<Options> = {
  name: 'cancel',
  arguments: [['[ids...]', IDS_DOC]],
  summary: 'Cancel jobs that are not settled, running ones included: by id, or all that fit a filter.',
  options: [...MANY_OPTIONS, { flags: '--reason <text>', doc: "what to record (default: 'cancelled')" }],
  examples: ['millhand cancel 0190a1b2-…', 'millhand cancel --name mail.send --state pending --yes'],
  run: (call) => withQueue(call, {}, (queue) => runBulk(cancelling(call.options), call, queue)),
}

function cancelling({ reason }: Options): Bulk {
  return {
    verb: 'cancel',
    done: 'cancelled',
    apply: (queue, ids) => queue.cancel(ids, reason),
    toAll: (jobs, options) => jobs.cancel(reason, options),
  }
}
