import { around } from '../job/around.ts'
import type { JobContext } from '../job/context.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import type { RunCall, RunHook } from '../job/hooks.ts'

type Run = (input: unknown, ctx: JobContext) => unknown

/** The definitions with their handlers inside of the hooks; put together once, and where there are none, nothing is. */
export function throughHooks(
  definitions: ReadonlyMap<string, AnyJobDefinition>,
  hooks: readonly RunHook[],
): ReadonlyMap<string, AnyJobDefinition> {
  if (hooks.length === 0) return definitions
  return new Map(
    [...definitions].map(([name, definition]) => {
      const run = hooked((input, ctx) => definition.run(input as never, ctx as never), hooks)
      return [name, { ...definition, run: run as AnyJobDefinition['run'] }]
    }),
  )
}

/** A handler inside of the hooks. */
export function hooked(run: Run, hooks: readonly RunHook[]): Run {
  if (hooks.length === 0) return run
  const through = around<RunCall, unknown>(hooks, { where: 'aroundRun' })
  return (input, ctx) =>
    through({ job: ctx.job, input, ctx }, async () => {
      // A hook may have waited: what was aborted meanwhile does not begin any more.
      ctx.signal.throwIfAborted()
      return run(input, ctx)
    })
}
