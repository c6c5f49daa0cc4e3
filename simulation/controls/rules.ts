import type { Limit, LimitOverride } from '../../src/job/limit.ts'
import type { LimitRule } from '../../src/store/limits.ts'
import type { Executed } from '../call.ts'

/** What holds of each limit, as those who said so were answered: a store that made something else of it is wrong. */
export class LimitRules {
  readonly #declared = new Map<string, LimitRule>()
  readonly #overridden = new Map<string, LimitOverride>()
  /** Nobody can tell what holds of them: an answer was lost. */
  readonly #doubtful = new Set<string>()

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
  note({ verb, values: [first, second], result, isDoubtful }: Executed): void {
    const names = namesIn({ verb, values: [first] })
    for (const name of names) {
      if (isDoubtful) this.#doubtful.add(name)
    }
    if (isDoubtful) return
    if (verb === 'limits.declare') {
      for (const { name, ...rule } of first as Limit[]) this.#declared.set(name, rule)
    }
    if (verb === 'limits.override' && result === true)
      this.#override(String(first), second as LimitOverride | null)
  }

  #override(name: string, rule: LimitOverride | null): void {
    this.#doubtful.delete(name)
    if (rule === null) this.#overridden.delete(name)
    else this.#overridden.set(name, rule)
  }
}

function namesIn({ verb, values: [first] }: Pick<Executed, 'verb' | 'values'>): string[] {
  if (verb === 'limits.declare') return (first as Limit[]).map(({ name }) => name)
  return verb === 'limits.override' ? [String(first)] : []
}
