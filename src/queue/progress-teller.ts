import { adopt, isThenable } from '../kit/thenable.ts'

/**
 * Tells somebody how far a call is. What he throws ends it. What he gives is not waited for, since it may never come; a
 * promise of it that is rejected ends the call with the next piece.
 */
export function progressTeller<Progress>(
  onProgress: ((progress: Progress) => unknown) | undefined,
): (progress: Progress) => void {
  let refusal: { readonly error: unknown } | undefined
  return (progress) => {
    if (refusal) throw refusal.error
    const given = onProgress?.(progress)
    if (isThenable(given)) adopt(given).catch((error) => (refusal ??= { error }))
  }
}
