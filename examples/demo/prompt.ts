import { createInterface } from 'node:readline/promises'
import { styleText } from 'node:util'
import type { Library } from './library/library.ts'
import { MATCH_END, MATCH_START } from './library/search-index.ts'
import { printable } from './wording.ts'

const RESULTS_MAX = 8

export interface Searching {
  library: Library
  /** Shown in front of every path otherwise. */
  folder: string
  /** Matches are in colour; else between brackets. */
  colour: boolean
  /** Ends the prompt. */
  signal: AbortSignal
}

/** The lines that answer a search: a document, and the words around what was found in it. */
export async function answersTo(words: string, { library, folder, colour }: Searching): Promise<string[]> {
  const results = await library.index.search(words, RESULTS_MAX)
  if (results.length === 0) return [`No document has all of these words in one passage: ${printable(words)}`]
  return results.flatMap(({ path, title, snippet }) => {
    const place = path.startsWith(folder) ? path.slice(folder.length).replace(/^[/\\]/, '') : path
    const [shownTitle, shownPlace] = [printable(title), printable(place)]
    return [`${shownTitle}  (${shownPlace})`, `    ${marked(snippet, colour)}`]
  })
}

/** The matches of a snippet stand between two control characters, which no document has in its text. */
function marked(snippet: string, colour: boolean): string {
  const [before = '', ...parts] = snippet.split(MATCH_START)
  const rest = parts.map((part) => {
    const [match = '', after = ''] = part.split(MATCH_END)
    const shown = printable(match)
    return (colour ? styleText('yellow', shown, { validateStream: false }) : `[${shown}]`) + printable(after)
  })
  return printable(before) + rest.join('')
}

/** Asks for words and answers, until there are none, or the input ends. */
export async function promptForSearches(searching: Searching): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: 'search> ' })
  searching.signal.addEventListener('abort', () => terminal.close(), { once: true })
  // Here Ctrl-C is one way to end, and nothing is interrupted.
  terminal.on('SIGINT', () => terminal.close())
  process.stdout.write('What are you looking for? An empty line ends.\n')
  terminal.prompt()
  for await (const line of terminal) {
    if (line.trim() === '') break
    for (const answer of await answersTo(line, searching)) process.stdout.write(`${answer}\n`)
    terminal.prompt()
  }
  terminal.close()
}
