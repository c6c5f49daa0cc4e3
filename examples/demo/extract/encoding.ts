/**
 * The text of some bytes: by their byte order mark, else by the encoding that the document declares, else as UTF-8,
 * else as windows-1252 (which has a character for nearly every byte, and contains Latin-1).
 */
export function decode(bytes: Uint8Array, declared?: string): string {
  const named = markedEncoding(bytes) ?? declared
  if (named) return decodeAs(named, bytes)
  return decodeUtf8(bytes) ?? decodeAs('windows-1252', bytes)
}

/** In two steps, since Node 24.9 reads windows-1252 as plain Latin-1 when it decodes at once: “€” becomes controls. */
function decodeAs(encoding: string, bytes: Uint8Array): string {
  const decoder = new TextDecoder(encoding)
  return decoder.decode(bytes, { stream: true }) + decoder.decode()
}

function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le'
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be'
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 'utf-8' : undefined
}

/** Undefined when most of what is not ASCII is not UTF-8 either; one broken character does not spoil a long text. */
function decodeUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8').decode(bytes)
  let foreign = 0
  let broken = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit > LAST_ASCII) foreign += 1
    if (unit === REPLACEMENT) broken += 1
  }
  return broken * 2 <= foreign - broken ? text : undefined
}

const LAST_ASCII = 0x7f
/** What the decoder puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = 0xfffd

/** HTML declares its encoding near its start, in ASCII. */
const DECLARATION_BYTES = 1024
const DECLARATION = /(?:charset|encoding)\s*=\s*["']?([\w-]{1,40})/i

/** The encoding that an HTML document names for itself, where that is one that can be decoded. */
export function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, DECLARATION_BYTES))
  const label = DECLARATION.exec(start)?.[1]
  // A declaration that can be read as ASCII is not in UTF-16, whatever it says; and a wrong "utf-8" is very common,
  // so that one is left to the check of the bytes themselves.
  if (!label || /^utf/i.test(label)) return undefined
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}
