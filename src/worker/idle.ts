import { unlessAborted } from '../kit/abort.ts'
import type { Engine } from './engine.ts'

/**
 * Claims and runs until no job is due and none is running, but for those that wait for a child which is not run here now; or until `ending` aborts, or it is told from afar to claim no more.
 *
 * @throws what the store threw when it could not be claimed from, or asked for a child
 */
export async function runToIdle(engine: Engine, ending: AbortSignal): Promise<void> {
  let failure: Error | undefined
  const wake = () => engine.changed.ring()
  const stopListening = engine.queue.events.on('loop_error', ({ loop, error }) => {
    if (loop === 'claim') failure = error
    wake()
  })
  ending.addEventListener('abort', wake, { once: true })
  engine.startClaims()
  try {
    while (!failure && !ending.aborted && !engine.isQuiet) {
      const changed = engine.changed.next()
      if (engine.idle && !(await unlessAborted(engine.hasNews(), ending)) && engine.idle) break
      await changed
    }
  } catch (error) {
    // What is to end does not wait for a store that is away.
    if (!ending.aborted) throw error
  } finally {
    ending.removeEventListener('abort', wake)
    stopListening()
  }
  if (failure) throw failure
}
