import { sleep, systemClock } from '../src/kit/clock.ts'
import { Faults } from './faults.ts'
import { planOf, type StoreKind } from './plan.ts'
import { atRest } from './rest.ts'
import { clientSlots, workerSlots } from './slots.ts'
import { type Outcome, retireAll, Stage } from './stage.ts'

export interface RunOptions {
  readonly store: StoreKind
  readonly seed: number
  /** How long things go wrong. Until all has come to rest takes some more. */
  readonly seconds: number
  readonly keep: boolean
  readonly onProgress: (words: string) => void
}

/** Short leases, so that much happens to them in little time. */
const WORKER = {
  concurrency: 8,
  lease: '3s',
  beat: '500ms',
  rescueInterval: '200ms',
  pollInterval: '1s',
  blockedLimit: '5s',
  stopTimeout: '2s',
  abortGrace: '1s',
} as const

/** Lets processes work and things go wrong, waits until all has come to rest, and says what came of it. */
export async function run({ store, seed, seconds, keep, onProgress }: RunOptions): Promise<Outcome> {
  await using stage = await Stage.open(store)
  const clients = await clientSlots(stage, seed)
  const workers = await workerSlots(stage, WORKER)
  const slots = new Map([...clients, ...workers].map((slot) => [slot.name, slot]))
  await Promise.all([...slots.values()].map(({ child }) => Promise.race([child.begun, child.ended])))
  const plan = planOf({ store, seed, seconds })
  onProgress(`${plan.length} faults in ${seconds} s`)
  await Promise.all([new Faults(stage, slots, onProgress).run(plan), sleep(systemClock, seconds * 1_000)])
  onProgress('no more faults from here on')
  await retireAll(clients)
  await atRest(stage.place.url, onProgress)
  await retireAll(workers)
  return await stage.outcome(keep)
}
