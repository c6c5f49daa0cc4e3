import { type Duration, parseDuration } from '../../kit/duration.ts'
import { missingUnit } from '../checks.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { numberOr } from '../filter.ts'
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

/** When they are due: at a time, or so long from now. @throws MillhandError `usage` */
export function dueOf(text: string): Date | Duration {
  const missing = missingUnit(text)
  if (missing !== undefined)
    throw cliError('usage', { problem: `'${text}' has ${missing}`, command: 'reschedule' })
  const due = text === 'now' ? 0 : numberOr(text)
  return parseDuration(due) === undefined ? readTime('The time', text, 'reschedule') : (due as Duration)
}
