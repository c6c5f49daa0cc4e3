/**
 * Passwords that stand in texts: of URLs, connection strings and the settings of clients. Whatever is shown or logged goes
 * through here before it is cut, since half of a URL is not known for one any more. Each step passes over the text once,
 * however long it is. Where it is not clear how far a password reaches, more is masked rather than less.
 */

const MASK = '…'

/** Without one of these there is no password, and nothing to look for. */
const SUSPECT = /@|password|passwd|pwd/i

/** A text without the passwords in it, as far as they are written in one of these ways. */
export function withoutPassword(text: string): string {
  return SUSPECT.test(text) ? maskPairs(maskUrls(maskSettings(text))) : text
}

/** In the query of a URL, where a space that ought to be escaped may be a part of the password. */
const IN_QUERY = /([?&]\w{0,32}(?:password|passwd|pwd)=)(?:[^&\n"'`]|["'`](?=\w))*/gi

/**
 * `password=secret`, `password = 'with space'`, `"password": "secret"`, also as JSON within JSON, or a number; a backslash
 * escapes what follows it.
 */
const SETTING =
  /((?:password|passwd|pwd)\\{0,9}["']?\s{0,9}(?:=\s{0,9}|:\s{0,9}(?=\\{0,9}["']|\d)))(?!…)(?:(?<=:\s{0,9})\d+\b|\\{1,9}"(?:[^"\\])*(?:\\{1,9}"|$)|'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|(?:\\.|[^\s&\\])+)/gis

function maskSettings(text: string): string {
  return text.replaceAll(IN_QUERY, `$1${MASK}`).replaceAll(SETTING, `$1${MASK}`)
}

/** The name of a scheme, at the end of what stands before its `://`. */
const SCHEME = /[a-z][a-z0-9+.-]*$/i
const SCHEME_MAX = 20
const SEPARATOR = '://'

/** Their paths hold an `@` that has to do with no password: `node_modules/@scope`. */
const WEB = /^(?:https?|wss?|ftp|file|git|ssh|webpack.*):/i

/**
 * A host and a path, with which a URL ends at the next space. A host with a port looks like a user whose password begins with
 * a number and a slash: it is taken for one by a dot, by its name, or by a port of four digits or more.
 */
const COMPLETE =
  /^(?:(?:\[[^\]]*\]|localhost|[^:@\s/?[]*\.[^:@\s/?[]*)(?::\d{1,5})?|[^:@\s/?[]*(?::\d{4,5})?)\/[^@\s]*$/i

/** What our own messages and manuals have in its place. */
const PLACEHOLDER = 'USER:PASSWORD'

/** No message names more; behind them, everything up to the last `@` is masked. */
const URLS_MAX = 1_000

/** What stands between `://` and the last `@` that may belong to it. */
function maskUrls(text: string): string {
  const urls = new UrlReach(text)
  let shown = ''
  let from = 0
  for (const [number, { index, begin }] of urls.schemes.entries()) {
    if (index < from) continue
    const at = number < URLS_MAX ? urls.lastAt(index, begin) : text.lastIndexOf('@')
    if (at <= begin || text.slice(begin, at) === PLACEHOLDER) continue
    shown += text.slice(from, begin) + MASK
    from = at
  }
  return shown + text.slice(from)
}

/** How far the URLs of a text reach; asked from left to right, it reads everything once. */
class UrlReach {
  readonly schemes: readonly Scheme[]
  readonly #text: string
  readonly #line: Reach
  readonly #word: Reach
  readonly #authority: Reach
  /** Of each scheme, by where it stands, where the next one begins that is a URL of its own. */
  readonly #nextUrl = new Map<number, number>()
  #region = { end: -1, at: -1 }

  constructor(text: string) {
    this.#text = text
    this.schemes = schemesOf(text)
    this.#line = new Reach(text, /\n/g)
    this.#word = new Reach(text, /\s/g)
    this.#authority = new Reach(text, /[\s/?#"'`<>]/g)
    let next = text.length
    for (const { index } of this.schemes.toReversed()) {
      this.#nextUrl.set(index, next)
      if (index > 0 && /[\s"'`(<]/.test(text.charAt(index - 1))) next = index
    }
  }

  /** The last `@` that may end what is secret of the URL whose scheme is at `index`; before `begin` if there is none. */
  lastAt(index: number, begin: number): number {
    if (WEB.test(this.#text.slice(index, begin))) return this.#within(begin, this.#authority.end(begin))
    const at = this.#within(begin, this.#end(index, begin))
    const isComplete = () => COMPLETE.test(this.#text.slice(begin, this.#word.end(begin)))
    return at > begin && isComplete() ? -1 : at
  }

  /** To the end of the line, since there may be spaces in a password; but not into the next URL, nor past its quotes. */
  #end(index: number, begin: number): number {
    const end = Math.min(this.#line.end(begin), this.#nextUrl.get(index) ?? this.#text.length)
    const quote = this.#text.charAt(index - 1)
    if (index === 0 || !/["'`]/.test(quote)) return end
    // One that a password holds has something of the URL behind it, and mostly the '@' too.
    const at = this.#text.indexOf('@', begin)
    if (at < 0) return end
    const isInside = (place: number) => place < at || /[\w@]/.test(this.#text.charAt(place + 1))
    let closing = this.#text.indexOf(quote, begin)
    while (closing >= 0 && closing < end && isInside(closing))
      closing = this.#text.indexOf(quote, closing + 1)
    return closing < 0 ? end : Math.min(end, closing)
  }

  /** Kept by its end: of schemes that follow each other without a gap, all reach to the same one. */
  #within(begin: number, end: number): number {
    if (end !== this.#region.end)
      this.#region = { end, at: this.#text.slice(begin, end).lastIndexOf('@') + begin }
    return this.#region.at
  }
}

interface Scheme {
  readonly index: number
  /** Where that begins which it is the scheme of. */
  readonly begin: number
}

/** By what ends it, which is rare, and looked for faster than what it begins with: that is any letter. */
function schemesOf(text: string): Scheme[] {
  const found: Scheme[] = []
  for (let end = text.indexOf(SEPARATOR); end >= 0; end = text.indexOf(SEPARATOR, end + 1)) {
    const from = Math.max(found.at(-1)?.begin ?? 0, end - SCHEME_MAX)
    const name = SCHEME.exec(text.slice(from, end))
    if (name) found.push({ index: from + name.index, begin: end + SEPARATOR.length })
    if (found.length > URLS_MAX) break
  }
  return found
}

/** Where the part of a text ends in which a place is. */
class Reach {
  readonly #text: string
  readonly #delimiter: RegExp
  #end = -1

  constructor(text: string, delimiter: RegExp) {
    this.#text = text
    this.#delimiter = delimiter
  }

  end(place: number): number {
    if (place > this.#end) {
      this.#delimiter.lastIndex = place
      this.#end = this.#delimiter.exec(this.#text)?.index ?? this.#text.length
    }
    return this.#end
  }
}

/** `user:secret@host`, of which somebody has forgotten the scheme, or `//user:secret@host`. */
const PAIR =
  /(?<![\w.+:-]|(?<!(?<!:)\/)\/)([\w.+-]{1,64}:)(?!\/\/|[\\@…])[^\s"'`<>(){},;@]{1,512}@(?=[\w.[-])/g

function maskPairs(text: string): string {
  return text.replaceAll(PAIR, `$1${MASK}@`)
}
