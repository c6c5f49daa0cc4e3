import { unheard } from '../kit/thenable.ts'
import { jobError } from './errors.ts'

/** A hook, whatever it is around. */
type Hook<Call, Result> = (call: Call, next: (changes?: Partial<Call>) => Promise<Result>) => unknown

type Innermost<Call, Result> = (call: Call) => Promise<Result>

/**
 * One function of all hooks, the first of them outermost, around what is given to it last. What it gives is what the
 * innermost gave, unless a hook throws, or does not call `next` exactly once.
 */
export function around<Call extends object, Result>(
  hooks: readonly Hook<Call, Result>[],
  where: 'aroundEnqueue' | 'aroundRun',
): (call: Call, innermost: Innermost<Call, Result>) => Promise<Result> {
  const layers = hooks.map(
    (hook): Layer<Call, Result> =>
      (call, innermost) =>
        pass({ hook, where }, call, innermost),
  )
  return layers.reduceRight(
    (inside, layer): Layer<Call, Result> =>
      (call, innermost) =>
        layer(call, (changed) => inside(changed, innermost)),
    (call, innermost) => innermost(call),
  )
}

type Layer<Call, Result> = (call: Call, inside: Innermost<Call, Result>) => Promise<Result>

interface Named<Call, Result> {
  readonly hook: Hook<Call, Result>
  readonly where: 'aroundEnqueue' | 'aroundRun'
}

/** @throws MillhandError `next_misused`, and what the hook throws, or what is inside of it */
async function pass<Call extends object, Result>(
  { hook, where }: Named<Call, Result>,
  call: Call,
  inside: Innermost<Call, Result>,
): Promise<Result> {
  const misused = (how: 'was not called' | 'was called again') =>
    jobError('next_misused', { hook: hook.name || 'without a name', where, how })
  let inner: Promise<Result> | undefined
  let misuse: Error | undefined
  const next = (changes?: Partial<Call>) => {
    // Also one that comes when the hook has ended without it.
    if (inner || misuse) {
      misuse = misused('was called again')
      return unheard(Promise.reject<Result>(misuse))
    }
    inner = unheard(inside({ ...call, ...changes }))
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
