import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** What a skip says whose test only needs something to be installed. */
export const MISSING = /^missing\b/

/** How one test came out. */
export interface Came {
  readonly name: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'pending'
  /** Why it was skipped. */
  readonly reason?: string | undefined
}

/** What is said at the very end, line by line, and whether the run has failed by a skip alone. */
export interface Closing {
  readonly lines: readonly string[]
  readonly refused: boolean
}

/**
 * Closes a run with `N passed, N failed`, alone on a line, and the reason of each skip before it. With
 * `NO_SKIPPED_TESTS`, as the gate sets it, a test that is skipped for a missing tool or without a reason fails the run:
 * there, everything is installed, and a gap would be taken for a proof.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const strict = Boolean(process.env.NO_SKIPPED_TESTS)
    const broken = modules.flatMap((module) => module.errors()).length + errors.length
    const { lines, refused } = closingOf(modules.flatMap(outcomesOf), { broken, strict })
    process.stdout.write(`${lines.join('\n')}\n`)
    if (refused) process.exitCode = 1
  }
}

/** `broken`: files that could not be read, and errors of no test. */
export function closingOf(
  tests: readonly Came[],
  { broken, strict }: { readonly broken: number; readonly strict: boolean },
): Closing {
  const skipped = tests.filter(({ state }) => state === 'skipped')
  const refused = strict ? skipped.filter(({ reason = '' }) => reason === '' || MISSING.test(reason)) : []
  const count = (wanted: Came['state']) => tests.filter(({ state }) => state === wanted).length
  const failed = count('failed') + broken + refused.length
  return {
    lines: [
      ...skipped.flatMap(({ name, reason }) => (reason ? [`skipped: ${name}: ${reason}`] : [])),
      ...refused.map(
        ({ name, reason }) => `not to be skipped here: ${name}${reason ? '' : ', without a reason'}`,
      ),
      `${count('passed')} passed, ${failed} failed`,
    ],
    refused: refused.length > 0,
  }
}

function outcomesOf(module: TestModule): Came[] {
  return [...module.children.allTests()].map((test) => {
    const result = test.result()
    const reason = result.state === 'skipped' ? result.note : undefined
    return { name: test.fullName, state: result.state, reason }
  })
}
