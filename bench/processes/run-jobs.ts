/** Runs numbered jobs and counts how often each one ran here: `run-jobs.ts SYSTEM PLACE JOBS`. */
import { monotonicMs } from '../measure.ts'
import { findSystem } from '../systems/find.ts'
import type { Faults } from '../systems/system.ts'
import { endWithParent, onMessage, tell } from './parent.ts'

/** How many jobs have run here so far. */
export interface Count {
  readonly kind: 'count'
  readonly count: number
}

export interface Runs {
  readonly kind: 'runs'
  /** How often each job ran here, by its number. */
  readonly runs: Uint8Array
  /** When the last handler started. */
  readonly lastMs: number
  readonly faults: Faults
}

const COUNT_INTERVAL_MS = 10

const [name = '', place = '', jobs = ''] = process.argv.slice(2)
const system = await (await findSystem(name, place)).open(place)
const runs = new Uint8Array(Number(jobs))

onMessage('go', async () => {
  let count = 0
  let lastMs = 0
  const stop = await system.work(({ number }) => {
    const index = Number(number)
    runs[index] = (runs[index] ?? 0) + 1
    count += 1
    lastMs = monotonicMs()
  })
  const timer = setInterval(() => tell({ kind: 'count', count } as Count), COUNT_INTERVAL_MS)
  onMessage('stop', async () => {
    clearInterval(timer)
    await stop()
    tell({ kind: 'runs', runs, lastMs, faults: system.faults() } as Runs)
    await system.close()
    process.disconnect()
  })
})

endWithParent()
tell({ kind: 'ready' })
