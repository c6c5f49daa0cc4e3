import type { Clock, Timer } from '../../kit/clock.ts'
import { rolesOf } from '../../store/roles.ts'
import type { Store } from '../../store/store.ts'
import type { Doom } from './doom.ts'

/** A clock whose timers end with the process: a dead one has no time-out that could wake its handlers. */
export class MortalClock implements Clock {
  readonly #clock: Clock
  readonly #doom: Doom

  constructor(clock: Clock, doom: Doom) {
    this.#clock = clock
    this.#doom = doom
  }

  now(): number {
    return this.#clock.now()
  }

  elapsed(): number {
    return this.#clock.elapsed()
  }

  timer(delayMs: number, callback: () => void): Timer {
    return this.#clock.timer(delayMs, () => {
      if (!this.#doom.dead) callback()
    })
  }
}

/** A store as a process has it that may crash. What it has open then is rolled back, as its connection breaks. */
export function mortalStore(store: Store, doom: Doom): Store {
  const mortal: Store = {
    ...store,
    ...Object.fromEntries(rolesOf(store).map(([name, role]) => [name, mortalRole(role, doom)])),
    // A thread would go on to beat.
    capabilities: { ...store.capabilities, beatThread: null },
    now: () => doom.whileAlive(() => store.now()),
    transaction: (body, { signal } = {}) => {
      const ends = signal ? AbortSignal.any([signal, doom.signal]) : doom.signal
      return doom.whileAlive(() => store.transaction(body, { signal: ends }))
    },
    insertIn: (...given) => doom.whileAlive(() => store.insertIn(...given)),
    listen: () => () => {},
  }
  return { ...mortal, jobs: { ...mortal.jobs, settle: settling(store, doom) } }
}

/** The one call that a worker makes for a handler which has ended. */
function settling({ jobs }: Store, doom: Doom): Store['jobs']['settle'] {
  return (settlements, repeated) => {
    const verbs = new Set(settlements.map(({ verb }) => verb))
    return doom.pass(`the end of the attempt (${[...verbs].join(', ')})`, () =>
      jobs.settle(settlements, repeated),
    )
  }
}

function mortalRole<Role extends object>(role: Role, doom: Doom): Role {
  const verbs = Object.entries(role).map(([verb, call]) => [
    verb,
    (...values: unknown[]) => doom.whileAlive(() => call(...values)),
  ])
  return Object.fromEntries(verbs) as Role
}
