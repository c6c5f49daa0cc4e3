import type { AnyJobDefinition } from '../job/defined.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Store } from '../store/store.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import { execute } from './execute.ts'

interface Around {
  readonly context: Context
  readonly store: Pick<Store, 'catalog'>
}

/** What an attempt comes to: that of its handler, or what an equal job has come to before. It never throws. */
export function outcomeOf(
  attempt: Attempt,
  definition: AnyJobDefinition | undefined,
  { context, store }: Around,
): Promise<Outcome> {
  const { answer } = attempt.job
  return answer === undefined ? execute(attempt, definition, context) : answered(attempt, answer, store)
}

/** Where the result is gone since the claim, or cannot be read, the job goes back: the next claim sees what there is. */
async function answered(attempt: Attempt, from: string, { catalog }: Around['store']): Promise<Outcome> {
  try {
    const [equal] = await attempt.run(() => catalog.get([from]))
    if (equal?.state === 'complete' && !attempt.interruption)
      return { kind: 'cached', output: equal.output, from }
  } catch {
    // It has not begun anything: nobody failed.
  }
  return { kind: 'release' }
}
