import type { JobContext } from '../src/job/context.ts'
import { Fatal, RateLimited, RetryAfter } from '../src/job/control.ts'
import { defineJob } from '../src/job/definition.ts'
import { type Clock, sleep } from '../src/kit/clock.ts'
import type { Chance } from './chance.ts'

/** What a simulated job does: it says so itself. */
export interface Task {
  readonly act: keyof typeof ACTS
  readonly ms: number
}

/** How often each act is asked for, of all of them. */
const ACTS = {
  complete: 30,
  last: 20,
  throw: 8,
  fatal: 3,
  'retry after': 3,
  // Of jobs that have a limit.
  'rate limited': 0,
  snooze: 5,
  skip: 3,
  'hang until aborted': 3,
  'never settle': 2,
  checkpoint: 5,
  progress: 5,
  enqueue: 4,
  transaction: 8,
  block: 2,
  crash: 1,
} as const

/** What is wrong with a handler: it does so no more when the faults are over. */
const FAULTY: ReadonlySet<Task['act']> = new Set(['hang until aborted', 'never settle', 'block', 'crash'])

/** A job may last longer than a lease, though most do not. */
const LONGEST_MS = 12_000

/** A gate is closed for less long than a job lasts. */
const CLOSED_SHARE = 4

export function anyTask(chance: Chance): Task {
  return { act: chance.weighted(ACTS), ms: chance.upToMs(LONGEST_MS) }
}

export const POLICY = { retries: 1, timeout: '12s', backoff: { base: '200ms', max: '5s' } } as const

/** What clients enqueue: two names, so that claims have lanes to choose from. */
export const WORK = defineJob({ name: 'simulated.work', ...POLICY })
export const MAIL = defineJob({ name: 'simulated.mail', queue: 'mail', priority: 1, ...POLICY })

/** The process that a handler runs in. */
export interface Host {
  readonly clock: Clock
  /** Whether the faults are over: those of handlers, too. */
  isCalm(): boolean
  /** A handler that blocks the event loop: nothing else happens in the process. */
  freeze(ms: number): void
  /** A handler that takes its process with it. */
  crash(): void
  /** What a handler writes in its transaction. */
  write(tx: object): Promise<void>
}

/** The definitions with their handlers, as a process runs them. */
export function handledIn(host: Host) {
  const run = handlerIn(host)
  return [WORK.handle(run), MAIL.handle(run)]
}

/** What runs a task, whatever the definition. */
export function handlerIn(host: Host) {
  return (input: unknown, ctx: JobContext) => act(input as Task, ctx, host)
}

async function act(task: Task, ctx: JobContext, host: Host): Promise<unknown> {
  const { clock } = host
  const { ms } = task
  const act = FAULTY.has(task.act) && host.isCalm() ? 'last' : task.act
  if (act !== 'complete' && act !== 'transaction') await sleep(clock, ms)
  switch (act) {
    case 'complete':
    case 'last':
      return { after: ms }
    case 'throw':
      throw new Error('simulated')
    case 'fatal':
      throw new Fatal('simulated, for good')
    case 'retry after':
      throw new RetryAfter(ms, 'simulated, for a while')
    case 'rate limited':
      if (ctx.job.epoch > 3) return undefined
      throw new RateLimited(Math.ceil(ms / CLOSED_SHARE))
    case 'snooze':
      // Only now and then, or it would never end.
      return ctx.job.epoch > 3 ? undefined : ctx.snooze(ms)
    case 'skip':
      return ctx.skip('simulated')
    case 'hang until aborted':
      return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
    case 'never settle':
      return new Promise(() => {})
    case 'checkpoint':
      return ctx.checkpoint({ at: ms })
    case 'progress':
      ctx.progress(0.5)
      ctx.log.info('half of it')
      return sleep(clock, ms)
    case 'enqueue':
      await ctx.enqueue(WORK, { act: 'complete', ms: 0 } satisfies Task)
      return undefined
    case 'block':
      return host.freeze(ms)
    case 'crash':
      return host.crash()
    case 'transaction':
      return ctx.transaction(async (tx) => {
        await host.write(tx)
        await sleep(clock, ms)
        ctx.progress(0.9)
        return null
      })
  }
}
