import { BULK_OPTIONS, type Bulk, type BulkFlags, runBulk } from '../bulk.ts'
import type { CommandSpec } from '../command.ts'
import { IDS_DOC } from '../job-id.ts'
import { withQueue } from '../session.ts'

interface Options extends BulkFlags {
  readonly reason?: string
}

/** `millhand cancel`: cancels jobs by id, or all that a filter chooses. */
export const cancelCommand: CommandSpec<Options> = {
  name: 'cancel',
  arguments: [['[ids...]', IDS_DOC]],
  summary: 'Cancel jobs that are not settled, running ones included: by id, or all that fit a filter.',
  options: [...BULK_OPTIONS, { flags: '--reason <text>', doc: "what to record (default: 'cancelled')" }],
  examples: ['millhand cancel 0190a1b2-…', 'millhand cancel --name mail.send --state pending --yes'],
  run: (call) => withQueue(call, {}, (queue) => runBulk(cancelling(call.options), call, queue)),
}

function cancelling({ reason }: Options): Bulk {
  return {
    verb: 'cancel',
    done: 'cancelled',
    states: ['pending', 'running'],
    apply: (queue, ids) => queue.cancel(ids, reason),
  }
}
