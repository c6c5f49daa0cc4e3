import { cacheNamed } from '../job/cache.ts'
import { jobError } from '../job/errors.ts'
import { handlesName, isPrefix, mostSpecific, stemOf } from '../job/handled-names.ts'
import { DEFAULT_QUEUE, requireJobName } from '../job/names.ts'
import { DEFINITION_OR_NAME, requireSpec } from '../job/specs.ts'
import type { AnyJobSpec, SpecOrName } from '../job/typed.ts'
import type { QueueInternals } from './internals.ts'
import { itemAt } from './item-errors.ts'

/**
 * The definition that a call names, where this process knows it.
 *
 * @throws MillhandError `invalid_name`, `invalid_option`
 */
export function knownSpec(
  queue: Pick<QueueInternals, 'specs'>,
  component: string,
  specOrName: SpecOrName,
): AnyJobSpec | undefined {
  if (typeof specOrName !== 'string')
    return requireOneName(requireSpec(component, specOrName, DEFINITION_OR_NAME))
  return specNamed(queue.specs, requireJobName(specOrName))
}

/** The definition that a call names, wherever it is known. @throws MillhandError `invalid_name`, `invalid_option`, `unknown_job` */
export async function specOf(
  queue: Pick<QueueInternals, 'specs' | 'store'>,
  component: string,
  specOrName: SpecOrName,
): Promise<AnyJobSpec> {
  return knownSpec(queue, component, specOrName) ?? (await resolveName(queue, specOrName as string))
}

/** The definitions of many jobs, by what names them: one that has to be checked is checked once, and not for each of its jobs. */
export class SpecsOfMany {
  readonly #queue: Pick<QueueInternals, 'specs' | 'store'>
  readonly #known = new Map<SpecOrName, AnyJobSpec>()

  constructor(queue: Pick<QueueInternals, 'specs' | 'store'>) {
    this.#queue = queue
  }

  /** @throws MillhandError `invalid_name`, `invalid_option` */
  known(specOrName: SpecOrName, index: number): AnyJobSpec | undefined {
    const known = this.#known.get(specOrName)
    if (known) return known
    const spec = knownSpec(this.#queue, itemAt(index), specOrName)
    if (spec) this.#known.set(specOrName, spec)
    return spec
  }

  /** Of one that is not known here. @throws MillhandError `unknown_job` */
  async resolved(name: SpecOrName): Promise<AnyJobSpec> {
    const spec = await resolveName(this.#queue, name as string)
    this.#known.set(name, spec)
    return spec
  }
}

/** The definition of a name that only a worker knows. @throws MillhandError `unknown_job` */
export async function resolveName(
  { specs, store }: Pick<QueueInternals, 'specs' | 'store'>,
  name: string,
): Promise<AnyJobSpec> {
  const workers = await store.workers.list()
  const names = new Set([...specs.keys(), ...workers.flatMap((worker) => worker.names ?? [])])
  if (!handlesName([...names], name)) throw jobError('unknown_job', { name, known: [...names] })
  return bareSpec(name)
}

/** The definition of a name, or of the longest prefix of it, as that of this name alone. */
export function specNamed<Spec extends AnyJobSpec>(
  specs: ReadonlyMap<string, Spec>,
  name: string,
): Spec | undefined {
  const spec = mostSpecific(specs, name)
  if (spec === undefined || spec.name === name) return spec
  // Jobs are equal to others of their own name, not to all that the prefix stands for.
  return { ...spec, name, ...(spec.cache && { cache: cacheNamed(name, spec.cache) }) }
}

/** A job has one name, which no prefix is. @throws MillhandError `name_needed` */
export function requireOneName<Spec extends AnyJobSpec>(spec: Spec): Spec {
  if (isPrefix(spec.name)) throw jobError('name_needed', { name: spec.name, stem: stemOf(spec.name) })
  return spec
}

/** A name that only a worker elsewhere knows: the default policy, and the worker checks the input. */
export function bareSpec(name: string): AnyJobSpec {
  return {
    name,
    input: undefined,
    output: undefined,
    checkpoint: undefined,
    queue: DEFAULT_QUEUE,
    priority: 0,
    retries: 3,
    timeoutMs: undefined,
    stallTimeoutMs: undefined,
    expiresInMs: undefined,
    deadlineMs: undefined,
    keyScopeMs: undefined,
    onConflict: undefined,
    retry: {},
  }
}
