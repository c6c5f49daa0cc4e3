import { unheard } from '../kit/thenable.ts'
import { jobError } from './errors.ts'

/** A hook, whatever it is around. */
type Hook<Call, Result> = (call: Call, next: (changes?: Partial<Call>) => Promise<Result>) => unknown

type Innermost<Call, Result> = (call: Call) => Promise<Result>

interface Place<Call> {
  readonly where: 'aroundEnqueue' | 'aroundRun'
  /** Refuses what a hook may not pass to `next`. Where it is left out, what is passed changes nothing. */
  readonly requireChanges?: (call: Call, changes: Partial<Call>) => void
}

/**
 * One function of all hooks, the first of them outermost, around what is given to it last. What it gives is what the
 * innermost gave, unless a hook throws, or does not call `next` exactly once.
 */
export function around<Call extends object, Result>(
  hooks: readonly Hook<Call, Result>[],
  place: Place<Call>,
): (call: Call, innermost: Innermost<Call, Result>) => Promise<Result> {
  const layers = hooks.map(
    (hook): Layer<Call, Result> =>
      (call, innermost) =>
        pass({ ...place, hook }, call, innermost),
  )
  return layers.reduceRight(
    (inside, layer): Layer<Call, Result> =>
      (call, innermost) =>
        layer(call, (changed) => inside(changed, innermost)),
    (call, innermost) => innermost(call),
  )
}

type Layer<Call, Result> = (call: Call, inside: Innermost<Call, Result>) => Promise<Result>

interface Named<Call, Result> extends Place<Call> {
  readonly hook: Hook<Call, Result>
}

/** @throws MillhandError `next_misused`, and what the hook throws, or what is inside of it */
async function pass<Call extends object, Result>(
  { hook, where, requireChanges }: Named<Call, Result>,
  call: Call,
  inside: Innermost<Call, Result>,
): Promise<Result> {
  const misused = (how: 'was not called' | 'was called again') =>
    jobError('next_misused', { hook: hook.name, where, how })
  let inner: Promise<Result> | undefined
  let misuse: Error | undefined
  const goOn = async (changes?: Partial<Call>) => {
    if (changes === undefined || !requireChanges) return inside(call)
    requireChanges(call, changes)
    return inside({ ...call, ...changes })
  }
  const next = (changes?: Partial<Call>) => {
    // Also one that comes when the hook has ended without it.
    if (inner || misuse) {
      misuse = misused('was called again')
      return unheard(Promise.reject<Result>(misuse))
    }
    inner = unheard(goOn(changes))
    return inner
  }
  try {
    await hook(call, next)
  } finally {
    // A hook that does not wait leaves nothing behind that goes on.
    await inner?.catch(() => {})
    if (!inner) misuse ??= misused('was not called')
  }
  if (misuse || !inner) throw misuse
  return inner
}
