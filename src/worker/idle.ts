import type { Engine } from './engine.ts'

/**
 * Claims and runs until no job is due and none is running, but for those that wait for a child which is not run here now; or until `ending` aborts, or it is told from afar to claim no more.
 *
 * @throws what the store threw when it could not be claimed from
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
  while (!failure && !ending.aborted && !engine.isQuiet) {
    const changed = engine.changed.next()
    if (engine.idle && !(await engine.hasNews()) && engine.idle) break
    await changed
  }
  ending.removeEventListener('abort', wake)
  stopListening()
  if (failure) throw failure
}
