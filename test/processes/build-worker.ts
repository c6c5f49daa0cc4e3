import { appendFileSync } from 'node:fs'
import type { JobContext } from 'millhand'
import { type Migration, toMigration } from '../../src/store/migration.ts'
import { MIGRATIONS as POSTGRES } from '../../src/store/postgres/migrations/index.ts'
import { MIGRATIONS as SQLITE } from '../../src/store/sqlite/migrations/index.ts'
import type { BuildTold, BuildWorkerOptions, Task } from './script.ts'

/**
 * A worker of the sources, or of a build that was saved. It leaves a line for each job that it has run; one that is told
 * to hang does so for whoever takes it first. With `migration`, the sources know one more than they do.
 */

const {
  url,
  build,
  migration,
  effects,
  worker: settings,
} = JSON.parse(process.argv[2] ?? '') as BuildWorkerOptions
if (migration !== undefined) know(migration)
const millhand = (await import(build)) as typeof import('millhand')
const work = millhand.defineJob({ name: 'test.work', run })
await begin().catch((error: { code?: string }) => tell({ kind: 'refused', code: String(error.code) }))

async function begin(): Promise<void> {
  const queue = await millhand.openQueue(url, { logger: false })
  const worker = new millhand.Worker(queue, { ...settings, jobs: [work] })
  await worker.start()
  process.on('SIGTERM', async () => {
    await worker.stop()
    await queue.close()
    process.disconnect()
  })
  tell({ kind: 'ready' })
}

async function run(input: unknown, ctx: JobContext): Promise<void> {
  const { id, epoch } = ctx.job
  await ctx.checkpoint({ epoch })
  if ((input as Task).hang && epoch === 1) {
    tell({ kind: 'hangs', id })
    await new Promise(() => {})
  }
  appendFileSync(effects, `${id} ${migration === undefined ? 'old' : 'new'}\n`)
}

/** In this process alone. */
function know(sql: string): void {
  const known = (url.startsWith('sqlite:') ? SQLITE : POSTGRES) as Migration[]
  known.push(toMigration(`00${known.length + 1}_test`, sql))
}

function tell(told: BuildTold): void {
  process.send?.(told)
}
