/** Lets real processes work while things go wrong: `npm run chaos -- --store sqlite --seconds 30 --seed 1`. */
import { asError } from '../src/kit/error.ts'
import { type ChaosOptions, readOptions, USAGE } from './options.ts'
import { isInTime, recover } from './recover.ts'
import { facts, lines, recoveryFacts, recoveryLines } from './report.ts'
import { run } from './run.ts'

// What was begun is put away as at any other end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(2))
try {
  process.exitCode = (await chaos(readOptions(process.argv.slice(2)))) ? 0 : 1
} catch (error) {
  console.error(`${asError(error).stack}\n${USAGE}`)
  process.exitCode = 2
}

/** Whether nothing was wrong. */
async function chaos(options: ChaosOptions): Promise<boolean> {
  const onProgress = (words: string) => console.error(words)
  if (options.recovery) {
    const recovery = await recover({ ...options, onProgress })
    tell(options, recoveryFacts(options, recovery), recoveryLines(options, recovery))
    return isInTime(recovery)
  }
  const outcome = await run({ ...options, onProgress })
  tell(options, facts(options, outcome), lines(options, outcome))
  return outcome.verdict.problems.length === 0
}

function tell({ json }: ChaosOptions, facts: object, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(facts) : lines.join('\n'))
}
