import { connect } from 'node:net'
import type { PoolClient } from 'pg'
import { systemClock, type Timer, within } from '../../../kit/clock.ts'

/** What stands in a cancel request where other messages have the version (postgresql.org/docs/current/protocol-message-formats.html). */
const CANCEL_REQUEST = 80_877_102
const REQUEST_BYTES = 16
/** A server that cannot be asked in this time is not waited for. */
const ASK_MS = 1_000
/** A transaction that is to end gets so long to be rolled back; then its connection is cut. */
const CUT_MS = 1_000

/** The server's process behind a connection, as pg keeps it and does not declare it. */
interface Backend {
  readonly processID?: unknown
  readonly secretKey?: unknown
}

/**
 * Asks the server to end the statement that a connection is busy with; resolves when it was asked, or cannot be. Closing
 * the connection alone would not do: the server goes on with the statement, and holds its locks, until it has something
 * to say. Not through the pool, of which other such statements may have all connections.
 */
export async function cancelStatement(client: PoolClient): Promise<void> {
  const { processID, secretKey } = client as Backend
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return
  const request = Buffer.alloc(REQUEST_BYTES)
  for (const [place, value] of [REQUEST_BYTES, CANCEL_REQUEST, processID, secretKey].entries())
    request.writeInt32BE(value, place * Int32Array.BYTES_PER_ELEMENT)
  const socket = connect(placeOf(client))
  // The server answers by closing the connection, when it has passed the request on.
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.resume()
  socket.end(request)
  await within(ASK_MS, closed)
  socket.destroy()
}

/** A host that is a path is a folder with the server's socket in it. */
function placeOf({ host, port }: PoolClient) {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
}

/** Cuts the connection some time after `signal` has aborted: whatever is waited for on it fails then. */
export function cutAfter(signal: AbortSignal, client: PoolClient): () => void {
  let timer: Timer | undefined
  const onAbort = () => {
    timer = systemClock.timer(CUT_MS, () => client.connection.stream.destroy())
  }
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return () => {
    signal.removeEventListener('abort', onAbort)
    timer?.cancel()
  }
}
