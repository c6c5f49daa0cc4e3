import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { type Format, formatOf } from './format.ts'

/** Largest file that is read, in bytes. A larger one is skipped before more than its first 8 KiB are read. */
export interface ReadLimits {
  textBytesMax: number
  pdfBytesMax: number
}

export type ReadResult =
  | { kind: 'document'; format: Format; bytes: Uint8Array }
  | { kind: 'skip'; reason: string }
  | { kind: 'failure'; reason: string }

/** Reads a document whole, if it is a regular file, not binary, and within the limit of its format. */
export async function readDocument(
  path: string,
  limits: ReadLimits,
  signal?: AbortSignal,
): Promise<ReadResult> {
  try {
    const special = specialKind(await lstat(path))
    if (special) return { kind: 'skip', reason: `${special}, not a file` }
    await using file = await open(path, OPEN_FLAGS)
    return await readOpened(path, { file, limits, signal })
  } catch (error) {
    signal?.throwIfAborted()
    return { kind: 'failure', reason: permanentReason(error) }
  }
}

/**
 * The file is looked at before it is opened, since opening a pipe waits for a writer and opening a device may do
 * anything; and it is opened without following or waiting, in case that it was replaced in between.
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

function specialKind(stats: Stats): string | undefined {
  if (stats.isFile()) return undefined
  if (stats.isDirectory()) return 'a folder'
  if (stats.isSymbolicLink()) return 'a link'
  if (stats.isFIFO()) return 'a pipe'
  return stats.isSocket() ? 'a socket' : 'a device'
}

/** Enough to tell text from binary, and small enough that a folder of films costs nothing. */
const HEAD_BYTES = 8 * 1024

interface Reading {
  file: FileHandle
  limits: ReadLimits
  signal?: AbortSignal | undefined
}

async function readOpened(path: string, { file, limits, signal }: Reading): Promise<ReadResult> {
  const stats = await file.stat()
  const special = specialKind(stats)
  if (special) return { kind: 'skip', reason: `${special}, not a file` }
  const head = await fill(file, new Uint8Array(HEAD_BYTES), { from: 0, signal })
  if (head.length === 0) return { kind: 'skip', reason: 'empty' }
  const format = formatOf(path, head)
  if (!format) return { kind: 'skip', reason: 'binary' }
  const limitBytes = format === 'pdf' ? limits.pdfBytesMax : limits.textBytesMax
  if (stats.size > limitBytes) return { kind: 'skip', reason: `larger than ${megabytes(limitBytes)}` }
  return { kind: 'document', format, bytes: await readRest(file, { head, size: stats.size, signal }) }
}

interface Rest {
  head: Uint8Array
  size: number
  signal: AbortSignal | undefined
}

/** As many bytes as the file had when it was opened: what is appended while it is read could be without end. */
async function readRest(file: FileHandle, { head, size, signal }: Rest): Promise<Uint8Array> {
  if (size <= head.length) return head
  const bytes = new Uint8Array(size)
  bytes.set(head)
  return fill(file, bytes, { from: head.length, signal })
}

/** Small enough that an abort is noticed soon, large enough that reading is not slowed down. */
const CHUNK_BYTES = 1024 * 1024

interface Fill {
  from: number
  signal: AbortSignal | undefined
}

/** Fills `bytes` from where it stands, and gives the part that there was something to fill it with. */
async function fill(file: FileHandle, bytes: Uint8Array, { from, signal }: Fill): Promise<Uint8Array> {
  let filled = from
  while (filled < bytes.length) {
    signal?.throwIfAborted()
    const length = Math.min(CHUNK_BYTES, bytes.length - filled)
    const { bytesRead } = await file.read(bytes, filled, length, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}

function megabytes(bytes: number): string {
  return `${Number((bytes / 1e6).toPrecision(3))} MB`
}

const permanentReasons: Readonly<Record<string, string>> = {
  ENOENT: 'vanished: there is no such file any more',
  ENOTDIR: 'vanished: a folder on its path is now a file',
  EACCES: 'not readable: permission denied',
  EPERM: 'not readable: permission denied',
  ELOOP: 'a link, or behind a loop of links',
  ENAMETOOLONG: 'not readable: its path is too long for this system',
  ERR_INVALID_ARG_VALUE: 'not readable: its path has a zero byte',
}

/** Why no retry would help. Any other error is thrown on: too many open files or a busy disk may pass. */
export function permanentReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = permanentReasons[code]
  if (reason === undefined) throw error
  return reason
}
