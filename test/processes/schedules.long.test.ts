import { randomInt } from 'node:crypto'
import type { Queue } from 'millhand'
import { expect } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { pause } from './pause.ts'
import { test as onServer } from './postgres-scene.ts'
import { test as onFile } from './scene.ts'
import { scripted } from './script.ts'
import { BOUND, QUICK, type Stage, type WorkerProcess } from './stage.ts'

/** `SCHEDULES_SEED` gives the same pauses again; what the kills meet is up to the machine. */
const seed = Number(process.env.SCHEDULES_SEED ?? randomInt(2 ** 31))

const WORKERS = 3
const KILLS = 6
/** The shortest that a schedule may have. In the lease of a leader that was killed several pass. */
const TICK_MS = 1_000
/** Whoever is killed often enough by the test leaves no job that is to be put away. */
const WORKER = { ...QUICK, crashLimit: 1_000 } as const

onFile(
  'each tick is enqueued once, and none is missed that is to be caught up with, whichever leader is killed when',
  ({ scene, queue }) => killLeaders({ scene, queue }),
)

onServer('the same on a server', ({ scene, queue }) => killLeaders({ scene, queue }))

interface Ticking {
  readonly scene: Stage
  readonly queue: Queue
}

async function killLeaders({ scene, queue }: Ticking): Promise<void> {
  const shared = { job: scripted, input: { act: 'return' }, every: `${TICK_MS}ms`, overlap: 'queue' } as const
  await queue.schedules.set('every', { ...shared, catchUp: 'all', catchUpLimit: 1_000 })
  await queue.schedules.set('newest', { ...shared, catchUp: 'last' })
  await new Succession(scene).kill(KILLS)

  for (const name of ['every', 'newest']) await queue.schedules.pause(name)
  const open = () => queue.count({ state: ['pending', 'running'] })
  await expect.poll(open, { ...BOUND, message: `SCHEDULES_SEED=${seed}` }).toBe(0)
  const every = await ticksOf(queue, 'every')
  const newest = await ticksOf(queue, 'newest')
  // Each leader has told of one of two schedules.
  expect(every.length, 'ticks').toBeGreaterThan(KILLS / 2)
  expect(every, `SCHEDULES_SEED=${seed}`).toEqual(
    every.map((_, index) => (every[0] as number) + index * TICK_MS),
  )
  expect(every.at(-1)).toBe((await queue.schedules.get('every'))?.lastTickAt?.getTime())
  expect(newest, `SCHEDULES_SEED=${seed}`).toEqual([...new Set(newest)].filter((at) => at % TICK_MS === 0))
  expect(newest.at(-1)).toBe((await queue.schedules.get('newest'))?.lastTickAt?.getTime())
}

/** The ticks that a schedule has enqueued jobs for, in the order of time. */
async function ticksOf(queue: Queue, name: string): Promise<number[]> {
  const jobs = await queue.list({ tag: `schedule:${name}`, limit: 1_000 })
  const ticks = jobs.map(({ context }) => Date.parse((context.schedule as { tickAt: string }).tickAt))
  return ticks.sort((one, other) => one - other)
}

interface Heir {
  readonly worker: WorkerProcess
  readonly leads: Promise<WorkerProcess>
}

/** Workers, each of which may come to lead: the one that tells of a tick does. */
class Succession {
  readonly #scene: Stage
  readonly #random = seededRandom(seed)
  #heirs: Heir[] = []

  constructor(scene: Stage) {
    this.#scene = scene
    for (let index = 0; index < WORKERS; index += 1) this.#add()
  }

  /** Kills whoever leads, so many times, each at another time between two ticks; resolves when one leads that lives. */
  async kill(times: number): Promise<void> {
    for (let kills = 0; kills < times; kills += 1) {
      const leader = await this.#leader()
      await pause(this.#random() * TICK_MS)
      await leader.end('SIGKILL')
      this.#heirs = this.#heirs.filter(({ worker }) => worker !== leader)
      this.#add()
    }
    await this.#leader()
  }

  #leader(): Promise<WorkerProcess> {
    return Promise.any(this.#heirs.map(({ leads }) => leads))
  }

  #add(): void {
    const worker = this.#scene.launch(WORKER, { tells: ['tick'] })
    this.#heirs.push({ worker, leads: worker.next('tick').then(() => worker) })
  }
}
