import type { CommandSpec } from '../command.ts'
import { MANY_OPTIONS, type Many, type ManyFlags, runMany } from '../many.ts'
import { withQueue } from '../session.ts'

/** `millhand delete`: deletes settled jobs that fit a filter, whatever their retention. */
export const deleteCommand: CommandSpec<ManyFlags> = {
  name: 'delete',
  summary: 'Delete settled jobs that fit a filter, with all that was kept of them.',
  options: MANY_OPTIONS,
  examples: [
    'millhand delete --tag user:42 --dry-run',
    'millhand delete --name mail.send --older-than 1d --yes',
  ],
  run: (call) => withQueue(call, {}, (queue) => runMany(DELETING, call, queue)),
}

const DELETING: Many = { verb: 'delete', done: 'deleted', apply: (jobs, options) => jobs.delete(options) }
