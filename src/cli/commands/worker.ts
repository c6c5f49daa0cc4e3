import { jobError } from '../../job/errors.ts'
import { ORDERS, type WorkerOrder } from '../../job/orders.ts'
import type { Queue } from '../../queue/queue.ts'
import type { WorkerRecord } from '../../store/workers.ts'
import type { Call, CommandSpec } from '../command.ts'
import { cliError } from '../errors.ts'
import { withQueue } from '../session.ts'

interface Options {
  readonly all?: boolean
}

/** `millhand worker quiet|stop|run ID`: tells workers from afar what to do. */
export const workerCommand: CommandSpec<Options> = {
  name: 'worker',
  arguments: [
    ['<order>', 'quiet: claim no more, what runs goes on; run: claim again; stop: stop as by a signal'],
    ['[ids...]', 'the ids of workers, or their names'],
  ],
  summary: 'Tell workers, wherever they run, to claim no more, to go on, or to stop.',
  options: [{ flags: '--all', doc: 'tell all that there are now' }],
  examples: [
    'millhand worker quiet 4b2b69121cd3',
    'millhand worker run --all',
    'millhand worker stop mill-7',
  ],
  run: async (call) => {
    const { order, names } = askedBy(call)
    return withQueue(call, {}, async (queue) => {
      const workers = await queue.workers()
      const meant = call.options.all ? workers : names.flatMap((name) => calledBy(name, workers))
      const told = await tell(queue, meant, order)
      call.terminal.show({ order, workers: told.map(({ id }) => id) }, () =>
        told.length === 0 ? 'No worker is running.' : told.map((worker) => wordsFor(worker, order)),
      )
      return undefined
    })
  },
}

/** @throws MillhandError `usage` */
function askedBy({ args: [given = '', ...names], options: { all } }: Call<Options>) {
  const order = ORDERS.find((each) => each === given)
  if (!order) refuse(`'${given}' is none of ${ORDERS.join(', ')}`)
  if (all && names.length > 0) refuse('Give ids or --all, not both')
  if (!all && names.length === 0) refuse('Give the ids of workers (millhand workers lists them), or --all')
  return { order, names }
}

/** Those of an id or of a name, which several may have. @throws MillhandError `worker_not_found` */
function calledBy(given: string, workers: readonly WorkerRecord[]): WorkerRecord[] {
  const found = workers.filter(({ id, name }) => id === given || name === given)
  if (found.length > 0) return found
  throw jobError('worker_not_found', { id: given, known: workers.flatMap(({ id, name }) => [id, name]) })
}

async function tell(
  queue: Queue,
  workers: readonly WorkerRecord[],
  order: WorkerOrder,
): Promise<WorkerRecord[]> {
  const told = new Set(await queue.orderWorkers([...new Set(workers.map(({ id }) => id))], order))
  return workers.filter(({ id }) => told.delete(id))
}

const WORDS: Readonly<Record<WorkerOrder, string>> = {
  run: 'claims again with its next beat (3s by default)',
  quiet: 'claims no more from its next beat on (3s by default); what it runs goes on',
  stop: 'stops with its next beat (3s by default)',
}

function wordsFor({ id, name }: WorkerRecord, order: WorkerOrder): string {
  return `${id} (${name}) ${WORDS[order]}.`
}

/** @throws MillhandError `usage` */
function refuse(problem: string): never {
  throw cliError('usage', { problem, command: 'worker' })
}
