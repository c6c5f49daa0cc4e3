import { existsSync } from 'node:fs'
import type { CheckedConfig } from '../../config/index.ts'
import { asError } from '../../kit/error.ts'
import type { Call, CommandSpec } from '../command.ts'
import { type Finding, warn } from '../doctor/finding.ts'
import { EXIT } from '../exit.ts'
import type { Style } from '../paint.ts'
import { fileOf, loadOptions } from '../session.ts'
import type { Terminal } from '../terminal.ts'

/** `millhand doctor`: looks for what is wrong with the installation, the database and the workers. */
export const doctorCommand: CommandSpec = {
  name: 'doctor',
  summary:
    'Examine Node, the configuration, the database and the workers, and say how to mend what is wrong.',
  examples: ['millhand doctor', 'millhand doctor --json'],
  run: async (call) => {
    const findings = await examine(call)
    const failed = findings.some(({ level }) => level === 'fail')
    call.terminal.show({ ok: !failed, checks: findings }, () =>
      findings.flatMap((each) => lines(each, call.terminal)),
    )
    return failed ? EXIT.failed : undefined
  },
}

async function examine(call: Call): Promise<Finding[]> {
  const { brokenConfiguration, checkConfiguration, checkNode } = await import('../doctor/installation.ts')
  const { checkConfig } = await import('../../config/index.ts')
  const node = checkNode(process.versions.node)
  const checked = await checkConfig(loadOptions(call, { jobs: call.options.store === undefined }, [])).catch(
    asError,
  )
  if (checked instanceof Error) return [node, brokenConfiguration(checked)]
  return [node, ...checkConfiguration(checked), ...(await examineStore(checked))]
}

async function examineStore({ config, errors }: CheckedConfig): Promise<Finding[]> {
  const file = fileOf(config.store)
  if (file === undefined || errors.some(({ path }) => path === 'store')) {
    return [
      warn(
        'file',
        `'${config.store}' is in no file`,
        'Nothing to examine; name a file with --store sqlite:FILE.',
      ),
    ]
  }
  const { checkDatabase, checkPlace } = await import('../doctor/file.ts')
  const place = checkPlace(file)
  if (!existsSync(file)) return place
  const database = checkDatabase(file)
  // Opening the queue would migrate the file, or fail: only one that is in order is looked into further.
  const inOrder = [...place, ...database].every(
    ({ level, check }) => level === 'ok' || !BEFORE_OPENING.includes(check),
  )
  if (!inOrder) return [...place, ...database]
  const [{ checkJobs }, { openQueue }] = await Promise.all([
    import('../doctor/jobs.ts'),
    import('../../queue/open.ts'),
  ])
  const queue = await openQueue(config.store)
  try {
    return [...place, ...database, ...(await checkJobs(queue))]
  } finally {
    await queue.close()
  }
}

const BEFORE_OPENING: readonly string[] = ['file', 'folder', 'opens', 'schema', 'integrity']

const STYLES: Readonly<Record<Finding['level'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' }
const CHECK_COLUMNS = 14

function lines({ check, level, text, mend }: Finding, { paint }: Terminal): string[] {
  const indent = ' '.repeat('warn  '.length + CHECK_COLUMNS)
  const line = `${paint(STYLES[level], level.padEnd(4))}  ${check.padEnd(CHECK_COLUMNS)}${text}`
  return mend === undefined ? [line] : [line, paint('dim', `${indent}${mend}`)]
}
