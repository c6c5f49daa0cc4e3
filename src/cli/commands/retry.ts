import { type Bulk, runBulk } from '../bulk.ts'
import type { CommandSpec } from '../command.ts'
import { IDS_DOC } from '../job-id.ts'
import { MANY_OPTIONS, type ManyFlags } from '../many.ts'
import { withQueue } from '../session.ts'

/** `millhand retry`: runs failed and cancelled jobs again, by id, or all that a filter chooses. */
export const retryCommand: CommandSpec<ManyFlags> = {
  name: 'retry',
  arguments: [['[ids...]', IDS_DOC]],
  summary: 'Run failed or cancelled jobs again, with all their attempts: by id, or all that fit a filter.',
  options: MANY_OPTIONS,
  examples: ['millhand retry 0190a1b2-…', 'millhand retry --state failed --error ECONNREFUSED --yes'],
  run: (call) => withQueue(call, {}, (queue) => runBulk(RETRYING, call, queue)),
}

const RETRYING: Bulk = {
  verb: 'retry',
  done: 'retried',
  apply: (queue, ids) => queue.retry(ids),
  toAll: (jobs, options) => jobs.retry(options),
}
