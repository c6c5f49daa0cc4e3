import { isMillhandError } from '../../../kit/error.ts'
import { isTransient, storeError } from '../../errors.ts'

/** What opening threw in the end, in the words of what it waited for: nothing is there yet that could try again. */
export function unreachable(thrown: unknown): unknown {
  if (!isMillhandError(thrown, 'store_busy') || !isTransient(thrown.cause)) return thrown
  const { cause } = thrown
  const { location, waitedMs } = thrown.facts as { readonly location: string; readonly waitedMs: number }
  const problem =
    waitedMs > 0
      ? `${cause.message}; it was tried again for ${waitedMs} ms, which is what 'openTimeout' allows`
      : cause.message
  const code = cause.crowded ? 'too_many_connections' : 'store_unavailable'
  return storeError(code, { location, problem }, { cause })
}
