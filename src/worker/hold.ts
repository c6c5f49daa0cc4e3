/**
 * For how long a worker may hold what it has not begun: quick jobs are claimed ahead so that the store is asked rarely,
 * and when slow ones come in between, nobody else could run what lies here.
 */

/** What was held for longer is not begun any more, but goes back: so long may a cancel, a pause or a better job be overlooked. */
export const HOLD_MAX_MS = 250
/** While nothing has begun for so long, the jobs that run are no quick ones: what is held goes back. */
const STALL_MS = 50
/** A held job that has run for so long is written to have begun; most have ended by then, and that says it all. */
export const NOTE_AFTER_MS = 20
/** Inputs and checkpoints that one claim brings and the buffer keeps, in bytes. */
export const HELD_BYTES_MAX = 8 * 1024 * 1024

interface Held {
  readonly nowMs: number
  /** When the claim of the oldest was answered. */
  readonly oldestMs: number
  /** When a job was last begun here. */
  readonly begunMs: number
}

/** In how many milliseconds what is held has to go back, if nothing begins until then; 0 or less: now. */
export function holdForMs({ nowMs, oldestMs, begunMs }: Held): number {
  const stalledMs = nowMs - Math.max(begunMs, oldestMs)
  return Math.min(STALL_MS - stalledMs, HOLD_MAX_MS - (nowMs - oldestMs))
}
