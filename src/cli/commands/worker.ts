import { jobError } from '../../job/errors.ts'
import { ORDERS, type WorkerOrder } from '../../job/orders.ts'
import type { Queue } from '../../queue/queue.ts'
import type { WorkerRecord } from '../../store/workers.ts'
import type { Call, CommandSpec } from '../command.ts'
import { noneOf } from '../elsewhere.ts'
import { cliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { withQueue } from '../session.ts'
import type { Terminal } from '../terminal.ts'

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
    const asked = askedBy(call)
    return withQueue(call, {}, (queue) => giveOrder(queue, asked, call.terminal))
  },
}

interface Asked {
  readonly order: WorkerOrder
  /** `undefined`: all that there are. */
  readonly names: readonly string[] | undefined
}

type Workers = Pick<Queue, 'workers' | 'orderWorkers'>

/** Gives it to whoever is meant, and says who has not heard it. @throws MillhandError `worker_not_found` */
export async function giveOrder(
  queue: Workers,
  { order, names }: Asked,
  terminal: Terminal,
): Promise<ExitCode | undefined> {
  const workers = await queue.workers()
  const meant = names?.flatMap((name) => calledBy(name, workers)) ?? workers
  const { told, gone } = await tell(queue, meant, order)
  const refused = gone.map(({ id }) => refusalOf(id))
  terminal.show({ order, workers: told.map(({ id }) => id), refused }, () =>
    meant.length === 0 ? 'No worker is running.' : told.map((worker) => wordsFor(worker, order)),
  )
  for (const { because, code } of refused) terminal.refuse(`${because} (${code})`)
  // Of all that there are, none is missing.
  return refused.length > 0 && names ? EXIT.notFound : undefined
}

/** @throws MillhandError `usage` */
function askedBy({ args: [given = '', ...names], options: { all } }: Call<Options>): Asked {
  const order = ORDERS.find((each) => each === given)
  if (!order) refuse(noneOf(given, ORDERS))
  if (all && names.length > 0) refuse('Give ids or --all, not both')
  if (!all && names.length === 0) refuse('Give the ids of workers (millhand workers lists them), or --all')
  return { order, names: all ? undefined : names }
}

/** Those of an id or of a name, which several may have. @throws MillhandError `worker_not_found` */
function calledBy(given: string, workers: readonly WorkerRecord[]): WorkerRecord[] {
  const found = workers.filter(({ id, name }) => id === given || name === given)
  if (found.length > 0) return found
  throw jobError('worker_not_found', { id: given, known: workers.flatMap(({ id, name }) => [id, name]) })
}

/** Tells each of them once; one that has stopped since it was looked for hears nothing. */
async function tell(queue: Workers, meant: readonly WorkerRecord[], order: WorkerOrder) {
  const workers = [...new Map(meant.map((worker) => [worker.id, worker])).values()]
  const heard = await queue.orderWorkers(
    workers.map(({ id }) => id),
    order,
  )
  const isTold = ({ id }: WorkerRecord) => heard.includes(id)
  return { told: workers.filter(isTold), gone: workers.filter((worker) => !isTold(worker)) }
}

function refusalOf(id: string) {
  return { id, code: 'worker_not_found', because: `Worker '${id}' was not told: it has stopped meanwhile.` }
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
