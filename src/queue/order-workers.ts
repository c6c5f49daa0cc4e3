import { jobError } from '../job/errors.ts'
import { ORDERS, type WorkerOrder } from '../job/orders.ts'
import { choice } from '../kit/options.ts'
import { requireArgument, requireIds } from './arguments.ts'
import { type QueueInternals, requireOutside } from './internals.ts'

const WORKERS = "a worker's id, or a list of ids (queue.workers() has them), or 'all'"

/**
 * Tells workers what to do; gives the ids of those that are there to hear it.
 *
 * @throws MillhandError `invalid_option`, `inside_transaction`; `worker_not_found`, for a single id
 */
export async function orderWorkers(
  queue: QueueInternals,
  given: 'all' | string | readonly string[],
  order: WorkerOrder,
): Promise<string[]> {
  const ids = given === 'all' ? null : requireIds('orderWorkers', given, WORKERS)
  requireArgument('orderWorkers', { order }, choice({ of: ORDERS }))
  requireOutside(queue, 'orderWorkers')
  const { workers } = queue.store
  const told = await workers.order(ids, order)
  if (typeof given === 'string' && ids && told.length === 0)
    throw jobError('worker_not_found', { id: given, known: (await workers.list()).map(({ id }) => id) })
  return told
}
