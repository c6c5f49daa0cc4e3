import { extname } from 'node:path'

export type Format = 'pdf' | 'html' | 'markdown' | 'text'

const formatsByExtension: Readonly<Record<string, Format>> = {
  '.pdf': 'pdf',
  '.htm': 'html',
  '.html': 'html',
  '.xhtml': 'html',
  '.md': 'markdown',
  '.markdown': 'markdown',
}

/** The format of a file by its first bytes, then by its name; undefined where the bytes are not text at all. */
export function formatOf(path: string, head: Uint8Array): Format | undefined {
  if (startsWith(head, PDF_MAGIC)) return 'pdf'
  const named = formatsByExtension[extname(path).toLowerCase()]
  if (named === 'pdf') return named
  if (isBinary(head)) return undefined
  return named ?? (HTML_START.test(asAscii(head.subarray(0, SNIFFED_BYTES))) ? 'html' : 'text')
}

const PDF_MAGIC = [...'%PDF-'].map((character) => character.charCodeAt(0))
const HTML_START = /^\s*<(?:!doctype html|html)[\s>]/i
const SNIFFED_BYTES = 1024

/** Above this share of control characters the bytes are not text: prose has none, random bytes have 11 %. */
const CONTROL_SHARE_MAX = 0.05

function isBinary(head: Uint8Array): boolean {
  if (hasUtf16Mark(head)) return false
  let controls = 0
  for (const byte of head) {
    if (byte === 0) return true
    if (byte < 0x20 && !TEXT_CONTROLS.has(byte)) controls += 1
  }
  return controls > head.length * CONTROL_SHARE_MAX
}

/** Backspace, tab, newline, form feed, carriage return and escape: overstrikes and coloured logs are text. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d, 0x1b])

/** UTF-16 is full of zero bytes, so its byte order mark has to be seen before they are held against the file. */
function hasUtf16Mark(head: Uint8Array): boolean {
  return startsWith(head, [0xff, 0xfe]) || startsWith(head, [0xfe, 0xff])
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((byte, index) => bytes[index] === byte)
}

function asAscii(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
