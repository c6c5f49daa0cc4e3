import type { Limit } from '../../src/job/limit.ts'
import type { LimitOverride } from '../../src/job/limit-change.ts'
import type { LimitRecord, LimitRule } from '../../src/store/limits.ts'
import type { Executed } from '../call.ts'

/** What holds of each limit, as those who said so were answered: a store that made something else of it is wrong. */
export class LimitRules {
  readonly #declared = new Map<string, LimitRule>()
  readonly #overridden = new Map<string, LimitOverride>()
  /** Nobody can tell what holds of them: an answer was lost. */
  readonly #doubtful = new Set<string>()
  /** The calls that have set limits, by their names, and whether an answer of theirs was lost. */
  readonly #calls = new Map<unknown, boolean>()

  isKnown(name: string): boolean {
    return !this.#doubtful.has(name)
  }

  /** `undefined`: nobody has declared it, so that it lets none pass. */
  get(name: string): LimitRule | undefined {
    const declared = this.#declared.get(name)
    return declared && { ...declared, ...this.#overridden.get(name) }
  }

  /** The limits of which calls say something. */
  namedIn(calls: readonly Executed[]): ReadonlySet<string> {
    return new Set(calls.flatMap(namesIn))
  }

  /** Takes in what a call has answered, after it was checked. */
  note(call: Executed): void {
    const { verb, values, result, isDoubtful } = call
    const isRepeated = verb === 'limits.override' && this.#isRepeated(call)
    if (isDoubtful) {
      for (const name of namesIn(call)) this.#doubtful.add(name)
      return
    }
    if (verb === 'limits.declare') {
      for (const { name, ...rule } of values[0] as Limit[]) this.#declared.set(name, rule)
    }
    if (verb === 'limits.override' && result !== null && !isRepeated) this.#override(result as LimitRecord)
  }

  /** Made again, it answers what it did, which others may have changed since; where that was not known, nobody knows when it did it. */
  #isRepeated({ values: [name, , call], isDoubtful = false }: Executed): boolean {
    const wasDoubtful = this.#calls.get(call)
    if (wasDoubtful) this.#doubtful.add(String(name))
    this.#calls.set(call, isDoubtful || wasDoubtful === true)
    return wasDoubtful !== undefined
  }

  #override({ name, override }: LimitRecord): void {
    this.#doubtful.delete(name)
    if (override === null) this.#overridden.delete(name)
    else this.#overridden.set(name, override)
  }
}

function namesIn({ verb, values: [first] }: Pick<Executed, 'verb' | 'values'>): string[] {
  if (verb === 'limits.declare') return (first as Limit[]).map(({ name }) => name)
  return verb === 'limits.override' ? [String(first)] : []
}
