import { defineJob, type Queue } from 'millhand'
import { expect, onTestFinished } from 'vitest'
import type { Child } from '../support/child.ts'
import { savedBuild } from './builds/saved.ts'
import type { BuildTold, Task } from './script.ts'
import { BOUND, PATIENT, QUICK, type Stage } from './stage.ts'

/** Jobs that come at a time, until each build has run so many since they began to come. */
const AT_A_TIME = 40
const LEAST = 100

const work = defineJob({ name: 'test.work' })

/** A queue of a process of before, which knows no migration of later. */
export async function openBefore(scene: Stage): Promise<Queue> {
  const before = (await import(savedBuild())) as typeof import('millhand')
  const queue = await before.openQueue(scene.url, { logger: false, ...PATIENT })
  onTestFinished(() => queue.close())
  return queue
}

/** Workers of a build of before and of the sources on one store, of which the sources know a migration more. */
export class Deploy {
  readonly #scene: Stage
  readonly #queue: Queue
  readonly #migration: string

  /** `queue` is of a process of before, which goes on. */
  constructor(scene: Stage, queue: Queue, migration: string) {
    this.#scene = scene
    this.#queue = queue
    this.#migration = migration
  }

  /** A worker of before, for one queue. */
  before(queue = 'default'): Promise<Child<BuildTold>> {
    return ready(this.launchBefore(queue))
  }

  launchBefore(queue = 'default'): Child<BuildTold> {
    return this.#scene.launchOf({ build: savedBuild(), worker: { ...QUICK, queues: [queue] } })
  }

  /** A worker of the sources. The first one migrates. */
  after(queue = 'default'): Promise<Child<BuildTold>> {
    const worker = { ...QUICK, queues: [queue] }
    return ready(this.#scene.launchOf({ build: 'millhand', migration: this.#migration, worker }))
  }

  /** Lets jobs come until each of these builds has run enough of them. */
  async loadUntil(...builds: readonly Build[]): Promise<void> {
    const start = this.#ranBy()
    await expect
      .poll(async () => {
        await this.#queue.enqueueMany(
          work,
          Array.from({ length: AT_A_TIME }, (): Task => ({})),
        )
        const now = this.#ranBy()
        return Math.min(...builds.map((build) => now[build] - start[build]))
      }, BOUND)
      .toBeGreaterThan(LEAST)
  }

  /** Has a job hang in the hands of a worker, kills that, and waits until another one has taken the job back. */
  async kill(victim: Child<BuildTold>, queue: string): Promise<void> {
    const job = await this.#queue.enqueue(work, { hang: true } satisfies Task, { queue })
    await victim.next('hangs')
    await victim.end('SIGKILL')
    await expect.poll(async () => (await job.get()).state, BOUND).toBe('pending')
  }

  /** Every job is complete, and has been run once. */
  async settled(): Promise<void> {
    const jobs = await this.#queue.count()
    await expect.poll(() => this.#queue.count({ state: 'complete' }), BOUND).toBe(jobs)
    const ids = this.#runs().map(([id]) => id)
    expect({ runs: ids.length, ran: new Set(ids).size }).toEqual({ runs: jobs, ran: jobs })
  }

  #ranBy(): Readonly<Record<Build, number>> {
    const runs = this.#runs()
    const count = (build: Build) => runs.filter(([, by]) => by === build).length
    return { old: count('old'), new: count('new') }
  }

  #runs(): string[][] {
    const lines = [...this.#scene.effectsInFile()]
    return lines.flatMap(([line, times]) => Array.from({ length: times }, () => line.split(' ')))
  }
}

type Build = 'old' | 'new'

async function ready(child: Child<BuildTold>): Promise<Child<BuildTold>> {
  await child.next('ready')
  return child
}

/** All of it, in the order in which it comes to a store in use. */
export async function rollOver(deploy: Deploy): Promise<void> {
  const [staying, leaving, dying] = [await deploy.before(), await deploy.before(), await deploy.before('old')]
  await deploy.loadUntil('old')
  const fresh = await deploy.after()
  await deploy.loadUntil('old', 'new')
  await leaving.end('SIGTERM')
  await deploy.loadUntil('old', 'new')
  await deploy.settled()

  const victim = await deploy.after('new')
  await fresh.end('SIGTERM')
  // Only workers of before are left, to take it back.
  await deploy.kill(victim, 'new')
  await deploy.after('new')
  await staying.end('SIGTERM')
  await deploy.kill(dying, 'old')
  await deploy.after('old')
  await deploy.settled()

  expect(await deploy.launchBefore().next('refused')).toMatchObject({ code: 'store_newer' })
}
