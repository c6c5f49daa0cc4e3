import { type ContextOf, Fatal, type InputOf, type ResultOf } from 'millhand'
import { extractText } from './extract.ts'
import type { indexFile } from './jobs.ts'
import { addDocument } from './library/documents.ts'
import { type Handle, libraryOn } from './library/library.ts'
import { countWords, splitPassages } from './split.ts'

/**
 * The handler of `indexFile`, but for a pause: called when the text is there and nothing is written yet, so that the
 * demo can kill a worker in the middle of a job.
 */
export function indexing(pause: (signal: AbortSignal) => Promise<void>) {
  return async ({ path }: InputOf<typeof indexFile>, ctx: ContextOf<typeof indexFile>) => {
    const extracted = await extractText(path, { signal: ctx.signal })
    await pause(ctx.signal)
    if (extracted.kind === 'skip') return ctx.skip(extracted.reason)
    if (extracted.kind === 'failure') throw new Fatal(extracted.reason)

    const { title, text } = extracted
    // Before the transaction: while it is open, no other process can write to SQLite.
    const passages = [...splitPassages(text)]
    const words = countWords(text)
    return ctx.transaction(async (tx: Handle): Promise<ResultOf<typeof indexFile>> => {
      const document = { path, title, words, passages, jobId: ctx.job.id, indexedAt: new Date() }
      await addDocument(libraryOn(tx), document)
      return { words, passages: passages.length }
    })
  }
}
