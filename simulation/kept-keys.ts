import { mayReplace, ruleOf } from '../src/job/key.ts'
import type { NewJob } from '../src/job/new-job.ts'
import type { KeyLabel } from '../src/store/catalog.ts'
import { type Executed, insertedBy } from './call.ts'

/** Who keeps a key beyond the end of its job, and until when by the time of the world. */
export interface Kept {
  readonly id: string
  readonly untilMs: number
}

/** What the store has answered of keys that outlive their jobs, by name and key. */
export class KeptKeys {
  readonly #kept = new Map<string, Kept>()
  /** Nobody can tell who keeps them beyond the end of a job: an answer was lost, or several calls came at once. */
  readonly #doubtful = new Set<string>()
  /** Jobs of which it is known what became of them: a call that is made again changes no key. */
  readonly #known = new Set<string>()
  /** Jobs that may keep their key, whatever was answered. */
  readonly #keepers = new Set<string>()
  /** Keys of which one that was in somebody's call may have become the keeper: whom it has replaced was not answered. */
  readonly #replaced = new Set<string>()

  get(label: string): Kept | undefined {
    return this.#kept.get(label)
  }

  /** Whether it is known what became of a job before: its call is made again. */
  isKnownJob({ id }: Pick<NewJob, 'id'>): boolean {
    return this.#known.has(id)
  }

  isKnown(label: string): boolean {
    return !this.#doubtful.has(label)
  }

  /** Whether a job has never been asked to keep the key, so that it holds it no longer than it is unfinished. */
  keepsNothing(label: string, id: string): boolean {
    return !this.#keepers.has(id) && !this.#replaced.has(label)
  }

  /** Takes in what calls have answered that came at once, after they were checked. */
  note(calls: readonly Executed[], elapsedMs: number): void {
    const kept = new Set([...this.#kept.keys(), ...calls.flatMap(keptLabelsIn)])
    const several = severalOf(calls)
    for (const call of calls) {
      this.#noteKeepers(call)
      if (call.isDoubtful) this.#doubt(call, kept)
      else if (call.verb.endsWith('.insert')) this.#noteInsert(call, elapsedMs)
      else if (call.verb === 'catalog.freeKey') this.#set(labelOf(call.values[0] as KeyLabel), undefined)
    }
    for (const label of several) if (kept.has(label)) this.#doubtful.add(label)
  }

  #noteKeepers(call: Executed): void {
    if (!call.verb.endsWith('.insert')) return
    const jobs = (call.values[0] as NewJob[]).filter((job) => ruleOf(job).keptMs > 0)
    for (const job of jobs) {
      this.#keepers.add(job.id)
      if (call.isDoubtful && mayReplace(job)) this.#replaced.add(labelOf(job))
    }
    if (call.isDoubtful) return
    for (const { job, answer } of insertedBy(call)) if (jobs.includes(job)) this.#keepers.add(answer.id)
  }

  #noteInsert(call: Executed, elapsedMs: number): void {
    for (const { job, answer } of insertedBy(call)) {
      const isRefused = answer.existed && !answer.replaced
      if (job.key === null || isRefused || this.#known.has(job.id)) continue
      this.#known.add(job.id)
      const { keptMs } = ruleOf(job)
      this.#set(labelOf(job), keptMs > 0 ? { id: answer.id, untilMs: elapsedMs + keptMs } : undefined)
    }
  }

  #set(label: string, kept: Kept | undefined): void {
    this.#doubtful.delete(label)
    if (kept) this.#kept.set(label, kept)
    else this.#kept.delete(label)
  }

  /** A key that nobody keeps or has asked to keep is of whoever is unfinished: there is no doubt of that. */
  #doubt(call: Executed, kept: ReadonlySet<string>): void {
    for (const label of labelsIn(call)) if (kept.has(label)) this.#doubtful.add(label)
    if (call.verb.endsWith('.insert')) for (const { id } of call.values[0] as NewJob[]) this.#known.add(id)
  }
}

/** The keys that more than one of these calls are about. */
export function severalOf(calls: readonly Executed[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const several = new Set<string>()
  for (const call of calls) {
    const labels = labelsIn(call)
    for (const label of labels) (seen.has(label) ? several : seen).add(label)
  }
  return several
}

function labelsIn({ verb, values: [first] }: Executed): ReadonlySet<string> {
  if (verb === 'catalog.freeKey') return new Set([labelOf(first as KeyLabel)])
  if (!verb.endsWith('.insert')) return new Set()
  return new Set((first as NewJob[]).filter(({ key }) => key !== null).map(labelOf))
}

/** The keys that a call asks to be kept beyond the end of its jobs. */
function keptLabelsIn({ verb, values: [first] }: Executed): string[] {
  if (!verb.endsWith('.insert')) return []
  return (first as NewJob[]).filter((job) => job.key !== null && ruleOf(job).keptMs > 0).map(labelOf)
}

export function labelOf({ name, key }: { readonly name: string; readonly key: string | null }): string {
  return `${name} ${key}`
}
