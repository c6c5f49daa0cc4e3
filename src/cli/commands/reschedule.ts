import { type Duration, parseDuration } from '../../kit/duration.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { MANY_OPTIONS, type Many, type ManyFlags, runMany } from '../many.ts'
import { withQueue } from '../session.ts'
import { readTime } from '../time.ts'

/** `millhand reschedule`: lets pending jobs that fit a filter be due at another time. */
export const rescheduleCommand: CommandSpec<ManyFlags> = {
  name: 'reschedule',
  arguments: [['<due>', 'a duration from now, such as 2h, a time with its zone, or now']],
  summary: 'Let pending jobs that fit a filter be due at another time.',
  options: MANY_OPTIONS,
  examples: [
    'millhand reschedule now --name mail.send --scheduled --yes',
    'millhand reschedule 2026-05-01T08:00:00Z --queue reports --yes',
  ],
  run: (call) => withQueue(call, {}, (queue) => runMany(rescheduling(call), call, queue)),
}

function rescheduling({ args: [text = ''] }: Call): Many {
  const due = dueOf(text)
  return {
    verb: 'reschedule',
    done: 'rescheduled',
    apply: (jobs, options) => jobs.reschedule(due, options),
  }
}

/** @throws MillhandError `usage` */
function dueOf(text: string): Date | Duration {
  if (text === 'now') return 0
  if (parseDuration(text) !== undefined) return text as Duration
  if (!/^\d+$/.test(text)) return readTime('The time', text, 'reschedule')
  const problem = `'${text}' has no unit. Say '${text}s' or '${text}m', or now`
  throw cliError('usage', { problem, command: 'reschedule' })
}
