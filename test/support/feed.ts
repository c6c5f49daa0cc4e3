import type { JobChange } from '../../src/store/feed.ts'
import type { Store } from '../../src/store/store.ts'

/** The changes up to one that comes. What a server still has behind an open transaction of somebody else's comes with a later look. */
export async function changesUntil(
  store: Store,
  cursor: number,
  isLast: (change: JobChange) => boolean,
): Promise<JobChange[]> {
  const changes: JobChange[] = []
  while (!changes.some(isLast)) {
    changes.push(...(await store.feed.changesAfter(changes.at(-1)?.cursor ?? cursor, 20_000)))
  }
  return changes
}
