import { inScope } from './scope.ts'
import { adopt, isThenable, unheard } from './thenable.ts'

/**
 * A typed event emitter that cannot hurt its owner: a listener that throws is reported through `onListenerError`
 * and the others still hear the event. Each hears it in the scope in which it began to listen.
 */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>()
  readonly #onListenerError: (error: unknown, name: keyof Events) => void

  constructor(onListenerError: (error: unknown, name: keyof Events) => void = () => {}) {
    this.#onListenerError = inScope(onListenerError)
  }

  /** Calls `listener` for every event of this name, until the returned function is called. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    const heard = inScope(listener)
    listeners.add(heard)
    return () => void listeners.delete(heard)
  }

  /** Whether anybody listens: lets a hot path skip building an event that nobody would see. */
  has(name: keyof Events): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0
  }

  /** A report that fails is dropped: it must not hurt whoever emitted. */
  #report(error: unknown, name: keyof Events): void {
    try {
      const returned: unknown = this.#onListenerError(error, name)
      if (isThenable(returned)) unheard(adopt(returned))
    } catch {}
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const returned = (listener as (event: Events[Name]) => unknown)(event)
        // An asynchronous one is not waited for; one that fails must not end the process as a rejection of nobody.
        if (isThenable(returned)) adopt(returned).catch((error) => this.#report(error, name))
      } catch (error) {
        this.#report(error, name)
      }
    }
  }
}
