import { Tokenizer, type TokenizerCallbacks } from 'htmlparser2'
import type { RawText } from './raw-text.ts'

/**
 * The text that a reader of an HTML page sees, titled by its <title>, else by its first <h1>.
 *
 * This takes tokens and builds no tree: a parser that keeps the open elements needs a minute for 400,000 elements nested
 * in each other (measured), and text has no use for them.
 */
export function textOfHtml(html: string): RawText {
  const page = new PageText(html)
  const tokenizer = new Tokenizer({}, callbacksFor(page))
  tokenizer.write(html)
  tokenizer.end()
  return { kind: 'raw', title: page.title(), text: page.text(), emptyReason: 'no text on the page' }
}

function callbacksFor(page: PageText): TokenizerCallbacks {
  const ignore = () => {}
  return {
    onopentagname: (start, end) => page.open(start, end),
    onclosetag: (start, end) => page.close(start, end),
    ontext: (start, end) => page.add(start, end),
    ontextentity: (codePoint) => page.addCharacter(String.fromCodePoint(codePoint)),
    onattribdata: ignore,
    onattribentity: ignore,
    onattribend: ignore,
    onattribname: ignore,
    oncdata: ignore,
    oncomment: ignore,
    ondeclaration: ignore,
    onend: ignore,
    onopentagend: ignore,
    onprocessinginstruction: ignore,
    onselfclosingtag: ignore,
  }
}

/** Elements whose content is not text. The tokenizer itself looks for their end tag, so one left open is no matter. */
const unseenElements: ReadonlySet<string> = new Set(['script', 'style', 'iframe', 'noembed', 'noframes'])

/** What stands between the words on both sides of a tag. A tag that is not here joins them: <b>mill</b>er. */
const separators: ReadonlyMap<string, string> = new Map([
  ...words('p div h1 h2 h3 h4 h5 h6 article section header footer main nav aside', '\n\n'),
  ...words('ul ol dl table blockquote pre figure form hr body head title', '\n\n'),
  ...words('br li dt dd tr caption figcaption option summary', '\n'),
  ...words('td th img input button label', ' '),
])

function words(names: string, separator: string): [string, string][] {
  return names.split(' ').map((name) => [name, separator])
}

/** Longest element name that is looked up: a longer one is none of those above. */
const NAME_CHARACTERS_MAX = 16

type Place = 'body' | 'title' | 'heading'

class PageText {
  readonly #html: string
  readonly #parts: Record<Place, string[]> = { body: [], title: [], heading: [] }
  #place: Place = 'body'
  #unseen = ''
  #preformatted = false

  constructor(html: string) {
    this.#html = html
  }

  open(start: number, end: number): void {
    const name = this.#name(start, end)
    if (unseenElements.has(name)) this.#unseen = name
    if (name === 'pre') this.#preformatted = true
    this.#separate(name)
    if (name === 'title' && this.#parts.title.length === 0) this.#place = 'title'
    if (name === 'h1' && this.#parts.heading.length === 0) this.#place = 'heading'
  }

  close(start: number, end: number): void {
    const name = this.#name(start, end)
    if (name === this.#unseen) this.#unseen = ''
    if (name === 'pre') this.#preformatted = false
    if (name === 'title' || name === 'h1') this.#place = 'body'
    this.#separate(name)
  }

  add(start: number, end: number): void {
    const text = this.#html.slice(start, end)
    this.addCharacter(this.#preformatted ? text : text.replace(/\s+/gu, ' '))
  }

  addCharacter(text: string): void {
    if (this.#unseen !== '') return
    this.#parts[this.#place].push(text)
    if (this.#place === 'heading') this.#parts.body.push(text)
  }

  title(): string {
    return this.#parts.title.join('').trim() || this.#parts.heading.join('')
  }

  text(): string {
    return this.#parts.body.join('')
  }

  #separate(name: string): void {
    const separator = separators.get(name)
    if (separator) this.#parts.body.push(separator)
  }

  #name(start: number, end: number): string {
    return this.#html.slice(start, Math.min(end, start + NAME_CHARACTERS_MAX)).toLowerCase()
  }
}
