import type { CommandSpec } from '../command.ts'
import { loadFor, requireShared } from '../session.ts'

interface Options {
  readonly dryRun?: boolean
}

/** `millhand migrate`: brings the database to the newest version, as opening it would. */
export const migrateCommand: CommandSpec<Options> = {
  name: 'migrate',
  summary: 'Bring the database to the newest version. Everything that opens it does so by itself.',
  options: [{ flags: '--dry-run', doc: 'print the SQL that would run, and change nothing' }],
  examples: [
    'millhand migrate --dry-run',
    'millhand migrate --store sqlite:library.db',
    'millhand migrate --store postgres://owner@db/app?schema=jobs',
  ],
  run: async (call) => {
    const { terminal } = call
    const { config } = await loadFor(call, {})
    await requireShared(config, call.command)
    const { upgradeOf } = await import('../upgrade.ts')
    const { version, newest, pending } = await upgradeOf(config)
    if (call.options.dryRun) {
      terminal.show({ version, newest, pending }, () =>
        pending.length === 0
          ? `-- version ${version} is the newest`
          : pending.map(({ name, sql }) => `-- ${name}\n${sql}`),
      )
      return undefined
    }
    const { openQueue } = await import('../../queue/open.ts')
    // Workers may be told to leave that to this very command.
    await (await openQueue(config.store, { ...config.queue, migrate: true })).close()
    const applied = pending.map(({ name }) => name)
    terminal.show({ version: newest, applied }, () =>
      applied.length === 0 ? `Version ${version} is the newest.` : `Applied ${applied.join(', ')}.`,
    )
    return undefined
  },
}
