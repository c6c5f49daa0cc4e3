import type { Flag } from '../../config/index.ts'
import type { CommandSpec } from '../command.ts'
import { loadFor, requireConfig } from '../session.ts'

interface WorkFlags {
  readonly concurrency?: string
  readonly queues?: string
  readonly role?: string
  readonly capabilities?: string
  readonly name?: string
  readonly stopTimeout?: string
  readonly logLevel?: string
  readonly logFormat?: string
  readonly metrics?: string
  readonly untilIdle?: boolean
}

/** `millhand work`: runs a worker with the jobs of the configuration until it is told to stop. */
export const workCommand: CommandSpec<WorkFlags> = {
  name: 'work',
  summary: 'Run a worker with the jobs of the configuration.',
  options: [
    { flags: '--concurrency <count>', doc: 'jobs that it runs at a time (default: configuration, 10)' },
    {
      flags: '--queues <names>',
      doc: 'the queues that it serves, with commas (default: configuration, all)',
    },
    { flags: '--role <role>', doc: 'the role that it serves (default: configuration, all of its jobs)' },
    {
      flags: '--capabilities <names>',
      doc: 'what it is able to do, with commas, for jobs that require it (default: configuration, nothing)',
    },
    { flags: '--name <name>', doc: 'what it is called in lists (default: host and process)' },
    {
      flags: '--stop-timeout <duration>',
      doc: 'how long a stop lets handlers finish (default: configuration, 30s)',
    },
    {
      flags: '--log-level <level>',
      doc: 'debug, info, warn, error or silent (default: configuration, info)',
    },
    { flags: '--log-format <format>', doc: 'lines, json or auto (default: configuration, auto)' },
    {
      flags: '--metrics <duration>',
      doc: 'a line of metrics in the log so often, such as 1m (default: configuration, never)',
    },
    { flags: '--until-idle', doc: 'run what is due, then exit: for a timer such as cron' },
  ],
  examples: [
    'millhand work',
    'millhand work --queues mail,reports --concurrency 50',
    'millhand work --role media --capabilities gpu,region:eu',
    'millhand work --until-idle --log-level warn',
  ],
  run: async (call) => {
    const { options, terminal } = call
    const { config, warnings } = await loadFor(call, { jobs: true }, [
      ...flagsOf(options),
      ...forPrograms(terminal.json),
    ])
    await requireConfig(config)
    const { serve } = await import('../serve.ts')
    return serve({ config, warnings }, { terminal, untilIdle: options.untilIdle === true })
  },
}

/** The options of the configuration that the flags set. */
function flagsOf({
  concurrency,
  queues,
  role,
  capabilities,
  name,
  stopTimeout,
  logLevel,
  logFormat,
  metrics,
}: WorkFlags): Flag[] {
  return [
    { path: 'worker.concurrency', flag: '--concurrency', text: concurrency },
    { path: 'worker.queues', flag: '--queues', text: queues },
    { path: 'worker.role', flag: '--role', text: role },
    { path: 'worker.capabilities', flag: '--capabilities', text: capabilities },
    { path: 'worker.name', flag: '--name', text: name },
    { path: 'worker.stopTimeout', flag: '--stop-timeout', text: stopTimeout },
    { path: 'log.level', flag: '--log-level', text: logLevel },
    { path: 'log.format', flag: '--log-format', text: logFormat },
    { path: 'log.metrics', flag: '--metrics', text: metrics },
  ].flatMap(({ text, ...flag }) => (text === undefined ? [] : [{ ...flag, text }]))
}

function forPrograms(json: boolean): Flag[] {
  return json ? [{ path: 'log.format', flag: '--json', text: 'json' }] : []
}
