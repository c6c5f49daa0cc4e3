import type { CheckedConfig } from '../config/index.ts'
import { deferred } from '../kit/deferred.ts'
import { isMillhandError } from '../kit/error.ts'
import { VERSION } from '../kit/version.ts'
import { logMetrics } from '../queue/metrics.ts'
import { openQueue } from '../queue/open.ts'
import type { Queue } from '../queue/queue.ts'
import { workerFields } from '../worker/options.ts'
import { Worker } from '../worker/worker.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { makeLogger } from './log.ts'
import { outliveOutput } from './output.ts'
import { ofWorker } from './session.ts'
import { interruptible, onSignals } from './signals.ts'
import type { Terminal } from './terminal.ts'
import { limitYoungGeneration } from './young-generation.ts'

export interface ServeOptions {
  readonly terminal: Terminal
  /** Run what is due, then end. */
  readonly untilIdle: boolean
}

type Loaded = Pick<CheckedConfig, 'config' | 'warnings'>

/** Runs a worker until it is told to stop, or until nothing is due. */
export async function serve(
  { config, warnings }: Loaded,
  options: ServeOptions,
): Promise<ExitCode | undefined> {
  const { terminal, untilIdle } = options
  outliveOutput()
  const logger = makeLogger(config.log, terminal.stdout)
  for (const { path, message } of warnings) logger.warn({}, `${path}: ${message}`)
  const { worker: settings, definitions, retention, schedules, roles } = config
  const queue = await openQueue(config.store, { ...ofWorker(config), jobs: config.specs, logger })
  limitYoungGeneration(queue)
  try {
    const worker = new Worker(queue, { ...settings, jobs: definitions, retention, schedules, roles })
    logger.info(whatItServes(config), `millhand ${VERSION} serves`)
    if (config.log.metrics !== undefined) logMetrics(queue, { logger, every: config.log.metrics })
    if (untilIdle) {
      const { ran, interrupted } = await runUntilIdle(worker)
      logger.info({ ran }, 'idle')
      if (terminal.json) terminal.show({ ran }, () => [])
      return interrupted ? EXIT.interrupted : undefined
    }
    await runUntilStopped(queue, worker, (count) =>
      logger.info({ running: worker.running }, STAGES[count - 1] ?? 'ending'),
    )
    return undefined
  } finally {
    await queue.close()
  }
}

/** What each further signal does. */
const STAGES = ['stopping; the next signal aborts what runs', 'aborting; the next signal ends the process']

function whatItServes({ location, worker, definitions }: Loaded['config']): object {
  const jobs = definitions.map((definition) => definition.name)
  return {
    store: location,
    queues: worker.queues ?? 'all',
    concurrency: worker.concurrency ?? workerFields.concurrency.fallback,
    ...(worker.role !== undefined && { role: worker.role }),
    ...(worker.capabilities && { capabilities: worker.capabilities }),
    ...(worker.version !== undefined && { version: worker.version }),
    jobs,
  }
}

/**
 * The first signal, or an order, lets handlers finish, the second one aborts them, the third one ends the process as it is.
 * One that has not started yet, since its database is away or its `setup` takes long, ends at the first one.
 */
async function runUntilStopped(
  queue: Queue,
  worker: Worker,
  onStage: (count: number) => void,
): Promise<void> {
  const stopped = deferred<void>()
  const stop = (count: number) => {
    if (count > 2) process.exit(EXIT.interrupted)
    onStage(count)
    worker.stop(count === 1 ? {} : { timeout: 0 }).then(stopped.resolve, stopped.reject)
  }
  const ignoreSignals = onSignals(stop)
  // Whoever started this process over a channel and is gone without a word has crashed: nobody would stop it.
  const onDisconnect = () => stop(1)
  process.once('disconnect', onDisconnect)
  // Also when it was told to from afar.
  const stopListening = queue.on('worker_stop', () => stopped.resolve())
  try {
    if (await begins(worker)) process.send?.('ready')
    await stopped.promise
  } finally {
    stopListening()
    process.off('disconnect', onDisconnect)
    ignoreSignals()
  }
}

/** Whether it has started; false where it was stopped before that. */
async function begins(worker: Worker): Promise<boolean> {
  try {
    await worker.start()
    return true
  } catch (error) {
    if (isMillhandError(error, 'worker_stopped')) return false
    throw error
  }
}

/** The first signal lets what runs finish; the second one ends the process, and the jobs run again elsewhere. */
async function runUntilIdle(worker: Worker): Promise<{ ran: number; interrupted: boolean }> {
  return interruptible(async (signal) => {
    const ran = await worker.runUntilIdle({ signal })
    return { ran, interrupted: signal.aborted }
  })
}
