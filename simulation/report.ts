import type { SimulateOptions } from './options.ts'
import type { Course } from './simulate.ts'

/** Lines of the story that are shown: what was before is in the whole one, with `--json`. */
const STORY_LINES = 60

/** The least share of seeds that have to go the same way again: on a server, locks and plans are outside of the scheduler. */
const REPEATED_MIN = { memory: 1, sqlite: 1, postgres: 0.9 } as const

/** Adds up what came of many seeds. */
export class Report {
  readonly #options: SimulateOptions
  readonly #calls = new Map<string, number>()
  readonly #faults = new Map<string, number>()
  readonly #others: number[] = []
  #seeds = 0
  #repeated = 0
  #failed: Course | undefined

  constructor(options: SimulateOptions) {
    this.#options = options
  }

  add(course: Course): void {
    this.#seeds += 1
    addAll(this.#calls, course.calls)
    addAll(this.#faults, course.faults)
    if (course.problems.length > 0) this.#failed = course
  }

  /** Compares a course with that of the same seed before. */
  again(first: Course, second: Course): void {
    if (first.story().join('\n') === second.story().join('\n')) this.#repeated += 1
    else this.#others.push(first.seed)
  }

  /** Whether as many seeds as have to have gone the same way again, of those that were run twice. */
  get repeatsEnough(): boolean {
    const twice = this.#repeated + this.#others.length
    return this.#repeated >= twice * REPEATED_MIN[this.#options.store]
  }

  progress(): string {
    return `${this.#seeds} of ${this.#options.seeds} seeds, ${sum(this.#calls)} calls, ${sum(this.#faults)} faults`
  }

  /** For a person. `shortest` is the shortest way that was found to what was wrong. */
  lines(shortest?: Course): string[] {
    const { store } = this.#options
    return [
      `${this.#seeds} seeds on ${store}: ${sum(this.#calls)} calls and ${sum(this.#faults)} faults, ` +
        (this.#failed ? `a violation with seed ${this.#failed.seed}` : 'no violation'),
      `calls: ${counted(this.#calls)}`,
      `faults: ${counted(this.#faults)}`,
      ...this.#repetitions(),
      ...(this.#failed ? this.#failure(this.#failed, shortest ?? this.#failed) : []),
    ]
  }

  /** For a program. */
  facts(shortest?: Course): object {
    const { store, steps } = this.#options
    const facts = {
      ...{ store, steps, seeds: this.#seeds, failed: this.#failed?.seed ?? null },
      ...(this.#options.twice && { repeated: this.#repeated, others: this.#others }),
      calls: Object.fromEntries(this.#calls),
      faults: Object.fromEntries(this.#faults),
    }
    if (!this.#failed) return facts
    const told = shortest ?? this.#failed
    return {
      ...facts,
      problems: this.#failed.problems,
      replay: this.#replay(this.#failed),
      story: told.story(),
    }
  }

  #failure(failed: Course, shortest: Course): string[] {
    const story = shortest.story()
    const left = story.length - STORY_LINES
    return [
      '',
      ...shortest.problems,
      '',
      ...(left > 0 ? [`(${left} lines before)`] : []),
      ...story.slice(-STORY_LINES),
      '',
      `Again: ${this.#replay(failed)}`,
    ]
  }

  #repetitions(): string[] {
    if (!this.#options.twice) return []
    const others = this.#others.length === 0 ? '' : `; another way: ${this.#others.join(', ')}`
    return [`run twice: ${this.#repeated} went the same way again${others}`]
  }

  #replay({ seed }: Course): string {
    const { store, steps } = this.#options
    return `npm run simulate -- --store ${store} --seed ${seed} --seeds 1 --steps ${steps}`
  }
}

function addAll(sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [what, count] of counts) sums.set(what, (sums.get(what) ?? 0) + count)
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0)
}

/** The most frequent first. */
function counted(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, left], [, right]) => right - left)
  return sorted.map(([what, count]) => `${what} ${count}`).join(', ')
}
