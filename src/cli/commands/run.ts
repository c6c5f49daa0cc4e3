import type { CommandSpec } from '../command.ts'
import { numberOr } from '../filter.ts'
import { readInput } from '../input.ts'
import { loadFor, requireConfig } from '../session.ts'

interface Options {
  readonly attempt?: string
  readonly context?: string
  readonly checkpoint?: string
}

/** `millhand run NAME JSON`: one handler, here and now, without a queue. */
export const runCommand: CommandSpec<Options> = {
  name: 'run',
  arguments: [
    ['<name>', 'the name of the job'],
    ['[json]', "its input; '-' reads it from standard input"],
  ],
  summary: 'Run the handler of a job once, here and now, without a queue: to debug it. Nothing is stored.',
  options: [
    { flags: '--attempt <number>', doc: 'which attempt the handler is to find itself in (default: 1)' },
    { flags: '--context <json>', doc: 'an object that travels with the job (default: nothing)' },
    { flags: '--checkpoint <json>', doc: 'what an earlier attempt saved (default: nothing)' },
  ],
  examples: [
    `millhand run library.index_document '{"path":"a.pdf"}'`,
    'millhand run mail.send - --attempt 2 < mail.json',
    `node --inspect-brk node_modules/.bin/millhand run mail.send '{"to":"ann"}'`,
  ],
  run: async (call) => {
    const input = await readInput(call)
    const { parseJson } = await import('../json-text.ts')
    const { attempt, context, checkpoint } = call.options
    const given = {
      ...(attempt !== undefined && { attempt: numberOr(attempt) }),
      ...(context !== undefined && { context: parseJson('--context', context) }),
      ...(checkpoint !== undefined && { checkpoint: parseJson('--checkpoint', checkpoint) }),
    }
    const { config } = await loadFor(call, { jobs: true })
    await requireConfig(config)
    const { runHere } = await import('../run-here.ts')
    return runHere(call, config, { input, given })
  },
}
