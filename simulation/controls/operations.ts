import type { Piece, Stepped } from '../../src/store/operations.ts'
import type { Executed } from '../call.ts'

/**
 * A step of an operation, as the call that does the same to single jobs: what is to hold of that one is to hold of it. What only
 * changes how jobs wait stays a call that may change nothing else.
 */
export function asSingleCall(call: Executed): Executed {
  if (call.verb !== 'operations.step') return call
  const { deed, ids } = call.values[0] as Piece
  const done = (call.result as Stepped | null | undefined)?.ids
  switch (deed.verb) {
    case 'cancel':
      return { ...call, verb: 'catalog.cancel', values: [ids, deed.reason], result: done }
    case 'retry':
      return { ...call, verb: 'catalog.retry', values: [ids], result: done }
    case 'delete':
      return { ...call, verb: 'upkeep.prune', values: [], result: done?.length }
    default:
      return call
  }
}
