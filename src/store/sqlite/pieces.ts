import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import { nextTurn } from '../../kit/turn.ts'

/**
 * SQLite works in this process's own thread: a call of 100,000 jobs in one transaction would hold up the event loop for
 * a second, and every other writer. So it is done in pieces, each a transaction of its own, with a turn between them.
 */

/** Works through ids in pieces. Each has a name of its own, by which it is known when the call is made again. */
export async function inPieces(
  ids: readonly string[],
  call: string | undefined,
  work: (piece: readonly string[], call: string | undefined) => Promise<string[]>,
): Promise<string[]> {
  const done: string[][] = []
  for (let from = 0; from < ids.length; from += STATEMENT_ROWS_MAX) {
    if (from > 0) await nextTurn()
    const name = call === undefined || from === 0 ? call : `${call}/${from}`
    done.push(await work(ids.slice(from, from + STATEMENT_ROWS_MAX), name))
  }
  return done.flat()
}

/** Does as many pieces as there are, of `limit` in all. */
export async function upTo<Done>(
  limit: number,
  work: (pieceMax: number) => Promise<Done[]>,
): Promise<Done[]> {
  const done: Done[][] = []
  for (let left = limit; left > 0; ) {
    if (left < limit) await nextTurn()
    const pieceMax = Math.min(left, STATEMENT_ROWS_MAX)
    const piece = await work(pieceMax)
    done.push(piece)
    left = piece.length < pieceMax ? 0 : left - pieceMax
  }
  return done.flat()
}
