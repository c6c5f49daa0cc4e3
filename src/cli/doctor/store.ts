import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CheckedConfig, Config } from '../../config/index.ts'
import { kindOf } from '../../store/url.ts'
import { fileOf } from '../session.ts'
import { type Finding, warn } from './finding.ts'

/** What is wrong with the database of a configuration, and with the jobs in it. */
export async function examineStore({ config, errors }: CheckedConfig): Promise<Finding[]> {
  const isWrong = errors.some(({ path }) => path === 'store' || path === 'queue.schema')
  switch (isWrong ? undefined : kindOf(config.store)) {
    case 'sqlite':
      return examineFile(config)
    case 'postgres': {
      const { examinePostgres } = await import('./postgres/examine.ts')
      return withJobs(await examinePostgres(config), config)
    }
    default: {
      const mend = 'Nothing to examine; name another one with --store sqlite:FILE or --store postgres://…'
      return [warn('store', `'${config.location}' is in no database`, mend)]
    }
  }
}

async function examineFile(config: Config): Promise<Finding[]> {
  const [{ checkDatabase, checkPlace }, { checkHolders }] = await Promise.all([
    import('./file.ts'),
    import('./holders.ts'),
  ])
  const file = resolve(fileOf(config.store) ?? '')
  const place = [...checkPlace(file), ...checkHolders(file)]
  if (!existsSync(file)) return place
  return withJobs([...place, ...checkDatabase(file)], config)
}

/** What has to be in order for a look at the jobs: opening the queue would migrate the database, or fail. */
const BEFORE_OPENING: readonly string[] = [
  'file',
  'folder',
  'opens',
  'server',
  'privileges',
  'schema',
  'tables',
  'integrity',
]

async function withJobs(findings: readonly Finding[], config: Config): Promise<Finding[]> {
  const broken = findings.some(({ level, check }) => level !== 'ok' && BEFORE_OPENING.includes(check))
  if (broken) return [...findings]
  const [{ checkJobs }, { checkGates }, { openQueue }] = await Promise.all([
    import('./jobs.ts'),
    import('./gates.ts'),
    import('../../queue/open.ts'),
  ])
  const queue = await openQueue(config.store, { ...config.queue, migrate: false, logger: false })
  try {
    return [...findings, ...(await checkJobs(queue)), ...(await checkGates(queue))]
  } finally {
    await queue.close()
  }
}
