/** Between two tries to connect, at random up to this: a server that takes no more is asked by many. */
const SHORTEST_MS = 500

/**
 * How long a thread that got no connection may wait until its next try. As long as its worker waits for that, it is to be soon. Once
 * the lease has begun, the event loop sees to it, and who asks for hours asks ever more rarely, and at least once a beat.
 */
export function reachWaitMs(
  tries: number,
  { hasBegun, beatMs }: { hasBegun: boolean; beatMs: number },
): number {
  return hasBegun ? Math.max(SHORTEST_MS, Math.min(SHORTEST_MS * 2 ** (tries - 1), beatMs)) : SHORTEST_MS
}
