/** A word is close enough to suggest when this share of its letters, or fewer, would have to change. */
const CLOSE_ENOUGH = 0.4

/**
 * Longer words are no slips of the pen, and comparing costs the product of two lengths: what is passed as a name may be
 * a document.
 */
const WORD_CHARACTERS_MAX = 128
/** As many are compared; a list that is longer is not read by anybody either. */
const CANDIDATES_MAX = 1_000

/** The candidate nearest to `word` by edit distance, where one is near enough to be meant; else the only one that begins so. */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > WORD_CHARACTERS_MAX) return undefined
  let best: { candidate: string; distance: number } | undefined
  const begun: string[] = []
  let compared = 0
  for (const candidate of candidates) {
    compared += 1
    if (compared > CANDIDATES_MAX) break
    if (candidate.length > WORD_CHARACTERS_MAX) continue
    if (isBeginning(word, candidate)) begun.push(candidate)
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (!best || distance < best.distance) best = { candidate, distance }
  }
  if (best && best.distance <= Math.ceil(word.length * CLOSE_ENOUGH)) return best.candidate
  return onlyOne(begun)
}

/** `exp` for `exponential`: many letters are missing, and nothing else can be meant. */
const BEGINNING_CHARACTERS_MIN = 3

function isBeginning(word: string, candidate: string): boolean {
  return word.length >= BEGINNING_CHARACTERS_MIN && candidate.toLowerCase().startsWith(word.toLowerCase())
}

function onlyOne(begun: readonly string[]): string | undefined {
  return begun.length === 1 ? begun[0] : undefined
}

/** The end of a message: " Did you mean 'x'?", or nothing where no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const candidate = suggest(word, candidates)
  return candidate === undefined ? '' : ` Did you mean '${candidate}'?`
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const cost = from[row - 1] === to[column - 1] ? 0 : 1
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + cost,
      )
    }
    previous = current
  }
  return previous[to.length] ?? 0
}
