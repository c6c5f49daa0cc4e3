import type { ChaosOptions } from './options.ts'
import { JOBS, type Recovery } from './recover.ts'
import type { Outcome } from './stage.ts'

/** Problems that are told to a person; all of them are in `--json`. */
const PROBLEMS_MAX = 20

/** For a program: one object, with the words of docs/reliability.md. */
export function facts(
  { store, seed, seconds }: ChaosOptions,
  { verdict, leftOut, witnesses }: Outcome,
): object {
  return { store, seed, seconds, ...verdict, leftOut, witnesses }
}

/** For a person. */
export function lines(options: ChaosOptions, { verdict, leftOut, witnesses }: Outcome): string[] {
  const { store, seed, seconds } = options
  const { problems, faults, refusedCalls, ...counts } = verdict
  const isRight = problems.length === 0
  return [
    `${seconds} s on ${store} with seed ${seed}: ${isRight ? 'no violation' : 'a violation'}`,
    Object.entries(counts)
      .map(([word, count]) => `${word} ${count ?? 'none'}`)
      .join(', '),
    `faults: ${counted(faults)}`,
    `calls that failed: ${counted(refusedCalls)}`,
    ...Object.entries(leftOut).map(([fault, reason]) => `left out: ${fault}: ${reason}`),
    ...problems.slice(0, PROBLEMS_MAX),
    ...(problems.length > PROBLEMS_MAX ? [`and ${problems.length - PROBLEMS_MAX} more`] : []),
    ...(witnesses === null ? [] : [`What everybody wrote down is in ${witnesses}`]),
  ]
}

/** The most frequent first. */
function counted(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort(([, left], [, right]) => right - left)
  return sorted.map(([what, count]) => `${what} ${count}`).join(', ') || 'none'
}

export function recoveryFacts({ store, seed }: ChaosOptions, recovery: Recovery): object {
  return { store, seed, ...recovery }
}

export function recoveryLines({ store }: ChaosOptions, recovery: Recovery): string[] {
  const { kills, recoveries, p50RecoveryMs, p99RecoveryMs, maxRecoveryMs, limitMs, late, problems } = recovery
  return [
    `${kills} workers killed on ${store}, with ${JOBS} jobs each: ${recoveries} jobs ran again`,
    `after ${p50RecoveryMs} ms (p50), ${p99RecoveryMs} ms (p99), ${maxRecoveryMs} ms at most; ${late} after more than ${limitMs} ms`,
    ...problems.slice(0, PROBLEMS_MAX),
  ]
}
