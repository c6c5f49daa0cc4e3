import { asError, isError } from '../../kit/error.ts'
import { oneLine } from '../../kit/visible.ts'
import type { Call, CommandSpec } from '../command.ts'
import type { Finding } from '../doctor/finding.ts'
import { EXIT } from '../exit.ts'
import type { Style } from '../paint.ts'
import { loadOptions } from '../session.ts'
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
  const node = checkNode(process.versions.node)
  // Nothing else can be looked at with it.
  if (node.level === 'fail') return [node]
  const [{ checkConfig }, { examineStore }] = await Promise.all([
    import('../../config/index.ts'),
    import('../doctor/store.ts'),
  ])
  const found = loadOptions(call, { jobs: call.options.store === undefined }, [])
  const isRead = found.file !== false
  const checked = await checkConfig(found).catch(asError)
  if (isError(checked)) return [node, brokenConfiguration(checked)]
  return [node, ...checkConfiguration(checked, isRead), ...(await examineStore(checked))]
}

const STYLES: Readonly<Record<Finding['level'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' }
const CHECK_COLUMNS = 14

function lines({ check, level, text, mend }: Finding, { paint }: Terminal): string[] {
  const indent = ' '.repeat('warn  '.length + CHECK_COLUMNS)
  const line = `${paint(STYLES[level], level.padEnd(4))}  ${check.padEnd(CHECK_COLUMNS)}${oneLine(text)}`
  return mend === undefined ? [line] : [line, paint('dim', `${indent}${oneLine(mend)}`)]
}
