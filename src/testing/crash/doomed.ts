import type { JobContext, JobLog } from '../../job/context.ts'
import type { AnyJobDefinition } from '../../job/defined.ts'
import type { AnyJobSpec } from '../../job/typed.ts'
import { readSafely } from '../../kit/brand.ts'
import { unheard } from '../../kit/thenable.ts'
import type { Doom } from './doom.ts'

/** The definition, with a handler whose calls are counted, and one of which may be its last. */
export function doomedDefinition(definition: AnyJobDefinition, doom: Doom): AnyJobDefinition {
  const run = definition.run as (input: unknown, ctx: JobContext) => unknown
  return { ...definition, run: (input: never, ctx: JobContext) => run(input, doomedContext(ctx, doom)) }
}

function doomedContext(ctx: JobContext, doom: Doom): JobContext {
  return {
    get job() {
      return ctx.job
    },
    get attempt() {
      return ctx.attempt
    },
    get signal() {
      return ctx.signal
    },
    get attemptDeadline() {
      return ctx.attemptDeadline
    },
    get context() {
      return ctx.context
    },
    get checkpointed() {
      return ctx.checkpointed
    },
    get log() {
      return doomedLog(ctx.log, doom)
    },
    get resources() {
      return ctx.resources
    },
    get secrets() {
      return ctx.secrets
    },
    progress(progress) {
      doom.reachNow('ctx.progress')
      ctx.progress(progress)
    },
    ...waitedFor(ctx, doom),
    snooze: (delay) => ctx.snooze(delay),
    skip: (reason) => ctx.skip(reason),
    fail: (failure) => ctx.fail(failure),
  }
}

/** The calls whose answer a handler waits for. */
function waitedFor(
  ctx: JobContext,
  doom: Doom,
): Pick<JobContext, 'checkpoint' | 'enqueue' | 'invoke' | 'transaction'> {
  return {
    checkpoint: (value) => unheard(doom.pass('ctx.checkpoint', () => ctx.checkpoint(value))),
    enqueue: (spec, ...given) => {
      const what = `ctx.enqueue(${nameOf(spec)})`
      return unheard(doom.pass(what, () => ctx.enqueue(spec, ...given)))
    },
    invoke: (spec, ...given) => {
      const what = `ctx.invoke(${nameOf(spec)})`
      return unheard(doom.pass(what, () => ctx.invoke(spec, ...given)))
    },
    transaction: (body) => unheard(transact(ctx, doom, body)),
  }
}

/** Once before it begins, once when its body has ended, and once when it is committed. */
function transact<Output, Handle>(
  ctx: JobContext,
  doom: Doom,
  body: (tx: Handle) => Output | Promise<Output>,
): Promise<Output> {
  const committing = async (tx: Handle): Promise<Output> => {
    const output = await body(tx)
    await doom.reach('the commit of ctx.transaction')
    return output
  }
  return doom.pass('ctx.transaction', () => ctx.transaction(committing))
}

function doomedLog(log: JobLog, doom: Doom): JobLog {
  const at =
    (level: keyof JobLog): JobLog['info'] =>
    (message, data) => {
      doom.reachNow(`ctx.log.${level}`)
      log[level](message, data)
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** What is no definition is refused by the queue, not here. */
function nameOf(spec: AnyJobSpec): string {
  const name = readSafely(spec, 'name')
  return typeof name === 'string' ? name : '?'
}
