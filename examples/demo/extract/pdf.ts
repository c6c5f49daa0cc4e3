import { scheduler } from 'node:timers/promises'
import type { PDFDocumentProxy, PDFPageProxy } from 'unpdf/pdfjs'
import { type RawText, tidyTitle } from './raw-text.ts'

/** A small PDF can unpack to any amount of text. Past this, some 4,000 full pages, the rest is left out. */
const TEXT_CHARACTERS_MAX = 10e6

/** The text of a PDF, page after page; titled by its metadata. What cannot be read is a failure with its reason. */
export async function textOfPdf(bytes: Uint8Array, signal?: AbortSignal): Promise<RawText> {
  // Loaded with the first PDF: it takes 60 ms and 29 MB, which a worker that meets none should not pay.
  const { getResolvedPDFJS } = await import('unpdf')
  const { getDocument } = await getResolvedPDFJS()
  const loading = getDocument({ data: bytes, ...quietOptions })
  try {
    return await unlessAborted(readPages(loading.promise), signal)
  } catch (error) {
    signal?.throwIfAborted()
    return { kind: 'failure', reason: reasonFor(error) }
  } finally {
    // Also when it could not be opened: the parser keeps the bytes of a document until it is told to forget it.
    loading.destroy().catch(() => {})
  }
}

/** No warnings on the console, no fonts (text needs none), nothing that evaluates code. */
const quietOptions = { verbosity: 0, useSystemFonts: true, disableFontFace: true, isEvalSupported: false }

/** A parser that is stopped half way neither answers nor fails, so that nobody may wait for it any longer. */
async function unlessAborted(reading: Promise<RawText>, signal?: AbortSignal): Promise<RawText> {
  if (!signal) return reading
  const stopped = Promise.withResolvers<never>()
  const stop = () => stopped.reject(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    return await Promise.race([reading, stopped.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function readPages(opening: Promise<PDFDocumentProxy>): Promise<RawText> {
  const pdf = await opening
  const title = await titleOf(pdf)
  let text = ''
  for (let number = 1; number <= pdf.numPages && text.length < TEXT_CHARACTERS_MAX; number += 1) {
    if (number > 1) text += '\n\n'
    for await (const part of pageText(pdf, number)) {
      text += part
      if (text.length >= TEXT_CHARACTERS_MAX) break
      // The parser hands over part after part within one turn of the event loop: no timer and no abort gets through.
      await scheduler.yield()
    }
  }
  return {
    kind: 'raw',
    title,
    text: joinHyphens(text),
    emptyReason: 'no text on its pages (scanned pictures?)',
  }
}

/** As a stream, for a page may hold two million pieces of text: all of them at once took 1.2 GB (measured). */
async function* pageText(pdf: PDFDocumentProxy, number: number): AsyncGenerator<string> {
  const page = await pdf.getPage(number)
  const stream: ReadableStream<TextContent> = page.streamTextContent()
  const reader = stream.getReader()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const { items } = part.value
      yield items.map((item) => ('str' in item ? item.str + (item.hasEOL ? '\n' : '') : '')).join('')
    }
  } finally {
    // With an Error as its reason: without one the parser throws where nobody can catch it, and the process is gone.
    // Not awaited: after a page that was left half way the answer never comes.
    reader.cancel(new Error('no more text is wanted')).catch(() => {})
    page.cleanup()
  }
}

type TextContent = Awaited<ReturnType<PDFPageProxy['getTextContent']>>

/** A word that was hyphenated at the end of a line is one word. */
function joinHyphens(text: string): string {
  return text.replace(/(\p{L})-\n(\p{Ll})/gu, '$1$2')
}

async function titleOf(pdf: PDFDocumentProxy): Promise<string> {
  const { info } = await pdf.getMetadata()
  const title = 'Title' in info ? info.Title : ''
  return typeof title === 'string' ? title : ''
}

function reasonFor(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'PasswordException') return 'an encrypted PDF: it opens with a password only'
  return `a corrupt PDF: ${tidyTitle(message).replace(/\.$/, '')}`
}
