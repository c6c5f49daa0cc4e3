import { basename } from 'node:path'
import { declaredEncoding, decode } from './extract/encoding.ts'
import type { Format } from './extract/format.ts'
import { textOfHtml } from './extract/html.ts'
import { textOfMarkdown } from './extract/markdown.ts'
import { textOfPdf } from './extract/pdf.ts'
import { type RawText, tidyText, tidyTitle } from './extract/raw-text.ts'
import { type ReadLimits, readDocument } from './extract/read.ts'

/**
 * What a file gave: text to index; a reason to skip it, since there is nothing to index; or a failure that no retry
 * would mend. What a retry may mend (too many open files, a disk error) is thrown instead.
 */
export type Extracted =
  | { kind: 'text'; title: string; text: string }
  | { kind: 'skip'; reason: string }
  | { kind: 'failure'; reason: string }

export interface ExtractOptions {
  /** Aborted: extraction stops at the next file read or PDF page, and throws the signal's reason. */
  signal?: AbortSignal
  limits?: ReadLimits
}

/** A document is read whole: a text of 20 MB takes some 200 MB of memory until it is indexed (measured). */
export const defaultLimits: ReadLimits = { textBytesMax: 20e6, pdfBytesMax: 50e6 }

/** The text of one document: Markdown, HTML, PDF, or anything else that turns out to be text. */
export async function extractText(path: string, options: ExtractOptions = {}): Promise<Extracted> {
  const { signal, limits = defaultLimits } = options
  const document = await readDocument(path, limits, signal)
  if (document.kind !== 'document') return document
  const raw = await textOf(document.format, document.bytes, signal)
  if (raw.kind === 'failure') return raw
  const text = tidyText(raw.text)
  if (text === '') return { kind: 'skip', reason: raw.emptyReason ?? 'empty' }
  return { kind: 'text', title: tidyTitle(raw.title) || tidyTitle(basename(path)), text }
}

async function textOf(format: Format, bytes: Uint8Array, signal?: AbortSignal): Promise<RawText> {
  switch (format) {
    case 'pdf':
      return textOfPdf(bytes, signal)
    case 'html':
      return textOfHtml(decode(bytes, declaredEncoding(bytes)))
    case 'markdown':
      return textOfMarkdown(decode(bytes))
    case 'text':
      return { kind: 'raw', title: '', text: decode(bytes) }
  }
}
