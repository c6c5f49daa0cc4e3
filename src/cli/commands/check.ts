import type { CheckedConfig, Problem } from '../../config/index.ts'
import { oneLine } from '../../kit/visible.ts'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../exit.ts'
import { loadOptions, requireConfig } from '../session.ts'
import type { Terminal } from '../terminal.ts'

/** `millhand check`: everything that is wrong with the configuration, without starting anything. */
export const checkCommand: CommandSpec = {
  name: 'check',
  summary: 'Check the configuration, the environment and the job modules without starting anything.',
  examples: ['millhand check', 'millhand check --config deploy/millhand.yaml --json'],
  run: async (call) => {
    const { checkConfig } = await import('../../config/index.ts')
    const checked = await checkConfig(loadOptions(call, { jobs: true }, []))
    const { config, errors, warnings } = checked
    await requireConfig(config)
    call.terminal.show(toDocument(checked), () => [
      ...problemLines('error', errors, call.terminal),
      ...problemLines('warning', warnings, call.terminal),
      verdict(checked, call.terminal),
    ])
    return errors.length > 0 ? EXIT.usage : undefined
  },
}

function toDocument({ config, errors, warnings }: CheckedConfig): object {
  const { file = null, location, specs } = config
  return {
    ok: errors.length === 0,
    file,
    store: location,
    jobs: specs.map((spec) => spec.name),
    errors,
    warnings,
  }
}

function problemLines(
  level: 'error' | 'warning',
  problems: readonly Problem[],
  { paint }: Terminal,
): string[] {
  const label = paint(level === 'error' ? 'red' : 'yellow', level)
  return problems.map(({ path, message }) => `${label}  ${oneLine(`${path}: ${message}`)}`)
}

function verdict({ config, errors, warnings }: CheckedConfig, { paint }: Terminal): string {
  const where = config.file ?? 'the environment'
  if (errors.length > 0) return `${where}: ${errors.length} error(s), ${warnings.length} warning(s)`
  return `${paint('green', 'ok')}  ${where}: ${config.specs.length} job(s) on ${config.location}, ${warnings.length} warning(s)`
}
