import { startEmbedded } from './embedded.ts'

/**
 * The process that keeps the PostgreSQL server of the demo: it starts it, and stops it as soon as the demo says so or
 * is gone, whatever became of the demo.
 */

/** What the keeper tells the demo, once. */
export type Start = { url: string; folder: string } | { problem: string }

let stopping = false
const starting = startEmbedded(['max_connections=500'])
process.once('message', () => void stop())
process.once('disconnect', () => void stop())
await starting.then(
  ({ url, folder }) => tell({ url, folder }),
  (error: Error) => tell({ problem: error.message }),
)

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await starting.then((server) => server.stop()).catch(() => {})
  if (process.connected) process.disconnect()
}

function tell(start: Start): void {
  // Nobody listens any more when the demo ended in the meantime, and then that is no error.
  if (process.connected) process.send?.(start, undefined, undefined, () => {})
}
