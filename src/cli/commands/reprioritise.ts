import type { Call, CommandSpec } from '../command.ts'
import { numberOr } from '../filter.ts'
import { MANY_OPTIONS, type Many, type ManyFlags, runMany } from '../many.ts'
import { withQueue } from '../session.ts'

/** `millhand reprioritise`: gives pending jobs that fit a filter another priority. */
export const reprioritiseCommand: CommandSpec<ManyFlags> = {
  name: 'reprioritise',
  arguments: [['<priority>', 'a whole number; higher runs first, 0 is the default of jobs']],
  summary: 'Give pending jobs that fit a filter another priority.',
  options: MANY_OPTIONS,
  examples: [
    'millhand reprioritise 10 --tag user:42 --yes',
    'millhand reprioritise --queue mail --yes -- -5',
  ],
  run: (call) => withQueue(call, {}, (queue) => runMany(reprioritising(call), call, queue)),
}

/** What is no number goes on as it is: the queue says what it expects. */
function reprioritising({ args: [text] }: Call): Many {
  const priority = numberOr(text) as number
  return {
    verb: 'reprioritise',
    done: 'reprioritised',
    apply: (jobs, options) => jobs.reprioritise(priority, options),
  }
}
