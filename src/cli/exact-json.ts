import { isExactNumber } from './exact-number.ts'

/** What `JSON.parse` takes without a word and makes something else of. */
interface Bend {
  readonly problem: string
  /** Where it stands in the text. */
  readonly position: number
}

/** The first number that would be rounded, or key that stands twice, of a text that is JSON. */
export function findBend(json: string): Bend | undefined {
  const scan = new Scan(json)
  for (let bend = scan.next(); bend !== 'end'; bend = scan.next()) if (bend) return bend
  return undefined
}

/** Where an object is open: its keys so far, and whether the next text is one. A list has no keys. */
interface Level {
  readonly keys: Set<string> | undefined
  atKey: boolean
}

const NUMBER = /-?\d[\d.eE+-]*/y

class Scan {
  readonly #json: string
  readonly #levels: Level[] = []
  #at = 0

  constructor(json: string) {
    this.#json = json
  }

  /** Reads one sign, text or number. */
  next(): Bend | 'end' | undefined {
    if (this.#at >= this.#json.length) return 'end'
    const sign = this.#json.charAt(this.#at)
    if (sign === '"') return this.#text()
    if (sign === '-' || (sign >= '0' && sign <= '9')) return this.#number()
    if (sign === '{') this.#levels.push({ keys: new Set(), atKey: true })
    else if (sign === '[') this.#levels.push({ keys: undefined, atKey: false })
    else if (sign === '}' || sign === ']') this.#levels.pop()
    else if (sign === ',') this.#comma()
    this.#at += 1
    return undefined
  }

  #comma(): void {
    const level = this.#levels.at(-1)
    if (level?.keys) level.atKey = true
  }

  #text(): Bend | undefined {
    const from = this.#at
    this.#at = endOfText(this.#json, from)
    const level = this.#levels.at(-1)
    if (!level?.atKey) return undefined
    level.atKey = false
    const key: string = JSON.parse(this.#json.slice(from, this.#at))
    if (level.keys?.has(key))
      return { problem: `the key ${JSON.stringify(key)} stands twice in one object`, position: from }
    level.keys?.add(key)
    return undefined
  }

  #number(): Bend | undefined {
    NUMBER.lastIndex = this.#at
    const [number = ''] = NUMBER.exec(this.#json) ?? []
    const position = this.#at
    this.#at += number.length
    if (isExactNumber(number)) return undefined
    return { problem: `the number ${number} would become ${Number(number)} (pass it as a text)`, position }
  }
}

/** The place after the quote that ends a text. */
function endOfText(json: string, from: number): number {
  let at = from + 1
  while (json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1
  return at + 1
}
