import type { CheckedConfig } from '../../config/index.ts'
import { asError } from '../../kit/error.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const NODE_MIN = { major: 22, minor: 18 } as const

/** Whether this Node can run Millhand: `node:sqlite` and TypeScript without a build came with it. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const needed = `${NODE_MIN.major}.${NODE_MIN.minor}`
  const enough = major > NODE_MIN.major || (major === NODE_MIN.major && minor >= NODE_MIN.minor)
  if (enough) return ok('node', `Node ${version}`)
  return fail('node', `Node ${version} is older than ${needed}`, `Install Node ${needed} or newer.`)
}

/** What `millhand check` says, one finding a problem. */
export function checkConfiguration({ config, errors, warnings }: CheckedConfig): Finding[] {
  const mend = "Mend it and run 'millhand check'."
  const problems = [
    ...errors.map(({ path, message }) => fail('configuration', `${path}: ${message}`, mend)),
    ...warnings.map(({ path, message }) => warn('configuration', `${path}: ${message}`, mend)),
  ]
  return problems.length > 0
    ? problems
    : [ok('configuration', config.file ?? 'none; everything has its default')]
}

export function brokenConfiguration(thrown: unknown): Finding {
  return fail('configuration', asError(thrown).message, 'Mend the file, or name another one with --config.')
}
