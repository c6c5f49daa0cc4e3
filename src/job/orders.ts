/**
 * What a worker may be told from afar, and hears with its next beat. `quiet`: claim no more, what runs goes on. `run`: claim
 * again. `stop`: stop, as by a signal.
 */
export const ORDERS = ['run', 'quiet', 'stop'] as const

export type WorkerOrder = (typeof ORDERS)[number]

/** An order as it stands in a store, where a worker that was told nothing has none, or one that nobody here knows. */
export function readOrder(stored: string | null): WorkerOrder {
  return ORDERS.find((order) => order === stored) ?? 'run'
}

/** How it is stored. */
export function storedOrder(order: WorkerOrder = 'run'): string | null {
  return order === 'run' ? null : order
}
