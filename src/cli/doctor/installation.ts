import type { CheckedConfig } from '../../config/index.ts'
import { asError } from '../../kit/error.ts'
import { nodeProblem } from '../../kit/node-version.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Whether this Node can run Millhand. */
export function checkNode(version: string): Finding {
  const problem = nodeProblem(version)
  return problem
    ? fail('node', problem.message, 'Install a newer one: https://nodejs.org')
    : ok('node', `Node ${version}`)
}

const NONE = 'none; everything has its default'
const NOT_READ = 'not read, since --store was given without --config; everything else has its default'

/** What `millhand check` says, one finding a problem. */
export function checkConfiguration({ config, errors, warnings }: CheckedConfig, isRead = true): Finding[] {
  const mend = "Mend it and run 'millhand check'."
  const problems = [
    ...errors.map(({ path, message }) => fail('configuration', `${path}: ${message}`, mend)),
    ...warnings.map(({ path, message }) => warn('configuration', `${path}: ${message}`, mend)),
  ]
  return problems.length > 0 ? problems : [ok('configuration', config.file ?? (isRead ? NONE : NOT_READ))]
}

export function brokenConfiguration(thrown: unknown): Finding {
  return fail('configuration', asError(thrown).message, 'Mend the file, or name another one with --config.')
}
