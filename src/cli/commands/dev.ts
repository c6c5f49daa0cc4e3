import type { CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { numberOr } from '../filter.ts'
import { loadFor, requireConfig, requireShared } from '../session.ts'

interface Options {
  readonly processes?: string
  readonly concurrency?: string
}

/** More worker processes than this on one machine are a mistyped number. */
const PROCESSES_MAX = 64

/** `millhand dev`: workers that restart when a file changes, and a live view of what they do. */
export const devCommand: CommandSpec<Options> = {
  name: 'dev',
  summary: 'Run workers that restart when a file changes, with a live view of the jobs.',
  options: [
    { flags: '--processes <count>', doc: 'worker processes (default: 1)' },
    { flags: '--concurrency <count>', doc: 'jobs that each runs at a time (default: configuration, 10)' },
  ],
  examples: ['millhand dev', 'millhand dev --processes 2 --store sqlite:scratch.db'],
  run: async (call) => {
    const { options, terminal } = call
    const processes = numberOr(options.processes ?? '1')
    if (
      typeof processes !== 'number' ||
      !Number.isInteger(processes) ||
      processes < 1 ||
      processes > PROCESSES_MAX
    ) {
      const problem = `--processes is '${options.processes}', expected a whole number from 1 to ${PROCESSES_MAX}`
      throw cliError('usage', { problem, command: 'dev' })
    }
    // The jobs are the workers' to load: a mistake in one is to be mended while this goes on.
    const { config } = await loadFor(call, { file: true })
    await requireShared(config, call.command)
    if (!process.env.MILLHAND_JOBS) await requireConfig(config)
    const { develop } = await import('../dev/develop.ts')
    // The store is no argument, which everybody on the machine could read, with its password. The default is meant
    // for this: said aloud, the workers do not warn of it.
    const concurrency = options.concurrency === undefined ? [] : ['--concurrency', options.concurrency]
    const file = config.file === undefined ? [] : ['--config', config.file]
    return develop(config, {
      terminal,
      processes,
      workArguments: [...file, ...concurrency],
      workEnvironment:
        options.store === undefined && config.storeNamed ? {} : { MILLHAND_STORE: config.store },
    })
  },
}
