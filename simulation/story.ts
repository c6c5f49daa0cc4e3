import type { Executed } from './call.ts'

interface Line {
  readonly elapsedMs: number
  readonly who: string
  readonly words: string | Executed
}

/** Longer than this, what a call took or gave is cut. */
const WORDS_MAX = 110
const WHO_WIDTH = 9

/** Ids as the stores have them: the long ones are of jobs, the short ones of workers. */
const IDS =
  /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?=[0-9a-f]*[0-9])[0-9a-f]{12}\b/g

/** What happened, in the order in which it did. It is put into words only when somebody wants to read it. */
export class Story {
  #lines: Line[] = []

  tell(elapsedMs: number, who: string, words: string | Executed): void {
    this.#lines.push({ elapsedMs, who, words })
  }

  /** The whole story, a line an event, with short names for the ids: the same for the same seed. */
  lines(): string[] {
    const names = new Map<string, string>()
    const nameOf = (id: string) => {
      const known = names.get(id)
      if (known !== undefined) return known
      const name = id.length > 12 ? `job-${names.size + 1}` : `lease-${names.size + 1}`
      names.set(id, name)
      return name
    }
    return this.#lines.map(({ elapsedMs, who, words }) => {
      const seconds = (elapsedMs / 1_000).toFixed(3).padStart(9)
      return `${seconds} ${who.padEnd(WHO_WIDTH)} ${inWords(words, (text) => text.replace(IDS, nameOf))}`
    })
  }

  /** What is said of something outside of the story, with the names of the story. */
  named(words: readonly string[]): string[] {
    if (words.length === 0) return []
    const told = new Story()
    told.#lines = [...this.#lines, ...words.map((each) => ({ elapsedMs: 0, who: '', words: each }))]
    return told
      .lines()
      .slice(this.#lines.length)
      .map((line) => line.slice(10 + WHO_WIDTH + 1))
  }
}

/** What a call is named is made of the machine's time, and is no part of the story: only what stands before it is told. */
const TOLD: Readonly<Record<string, number>> = { 'catalog.cancel': 2, 'catalog.retry': 1 }

type Naming = (text: string) => string

function inWords(words: string | Executed, named: Naming): string {
  if (typeof words === 'string') return named(words)
  const { verb, values, result, parts } = words
  const inside = parts.length === 0 ? '' : ` with ${parts.map((part) => inWords(part, named)).join(', ')}`
  return `${verb} ${brief(values.slice(0, TOLD[verb]), named)} → ${brief(result, named)}${inside}`
}

/** Of jobs only what tells them apart. */
const TELLING = [
  'id',
  'state',
  'verb',
  'worker',
  'epoch',
  'key',
  'limit',
  'existed',
  'rescued',
  'quarantined',
]

function brief(value: unknown, named: Naming): string {
  const json = JSON.stringify(value, (field, each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each) || field === '') return each
    const told = Object.entries(each).filter(([name]) => TELLING.includes(name))
    return told.length > 0 ? Object.fromEntries(told) : each
  })
  const text = named((json ?? 'nothing').replaceAll('"', ''))
  return text.length > WORDS_MAX ? `${text.slice(0, WORDS_MAX)}…` : text
}
