import { errorFactory } from '../kit/error.ts'

/** One thing that is wrong with a configuration, or odd about it. */
export interface Problem {
  /** The option: `worker.concurrency`, `jobs[2]`. */
  readonly path: string
  readonly message: string
}

/** What can be wrong with a configuration. */
export const configErrors = {
  config_not_found: (facts: { file: string | null; folder: string }) =>
    facts.file === null
      ? `There is no millhand.config.ts or millhand.yaml in ${facts.folder} or above it. Write one, or name it: --config FILE, or 'file' of loadConfig.`
      : `There is no configuration file ${facts.file}.`,
  config_untrusted: (facts: { file: string; problem: string }) =>
    `The configuration ${facts.file} was found and not loaded, since it is code and may be somebody else's: ${facts.problem}. ` +
    `If you trust it, name it: --config '${facts.file}'.`,
  config_load_failed: (facts: { file: string; problem: string }) =>
    `The configuration ${facts.file} cannot be loaded: ${facts.problem}`,
  config_invalid: (facts: { file: string | null; problems: readonly Problem[] }) => {
    const where = facts.file === null ? 'The configuration' : `The configuration ${facts.file}`
    const lines = facts.problems.map(({ path, message }) => `  ${path}: ${message}`)
    return [`${where} is not valid:`, ...lines].join('\n')
  },
}

export const configError = errorFactory(configErrors)
