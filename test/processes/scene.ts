import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Duration, type JobHandle, openQueue, type Queue } from 'millhand'
import { test as base, expect, vi } from 'vitest'
import { BOUND_MS, Child, type Told } from '../support/child.ts'
import type {
  EnqueuerProcessOptions,
  EnqueuerTold,
  LockerProcessOptions,
  LockerTold,
  Script,
  WorkerProcessOptions,
  WorkerTold,
} from './script.ts'

export type WorkerProcess = Child<WorkerTold>
export type ScriptedJob = JobHandle<{ pid: number; epoch: number }>

/** Short enough for a test, long enough for a machine that is busy with other tests. */
export const QUICK = { lease: '1s', beat: '200ms', rescueInterval: '50ms' } as const

/** Beats and polls so rare that nothing in a test can come of them: what is seen is seen by notice. */
export const BY_NOTICE = { lease: '2m', beat: '50s', pollInterval: '1m' } as const
/** Far below any interval at which somebody looks without a notice. */
export const SOON_MS = 2_000

/** As patient as a test is: in milliseconds. */
export const BOUND = { timeout: BOUND_MS } as const

// Starting processes takes its time where others use the machine, too.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

/** `test`, with a scene and a queue on its file: made for this test alone, and gone when it has ended. */
export const test = base
  .extend('scene', ({ onTestFinished }) => {
    const scene = new Scene()
    onTestFinished(() => scene.close())
    return scene
  })
  .extend('queue', ({ scene }) => scene.open())

/** One file in a folder of its own, and the processes on it. */
export class Scene {
  readonly #folder = mkdtempSync(join(tmpdir(), 'millhand-'))
  readonly #children: Child<Told>[] = []
  readonly #queues: Queue[] = []

  get file(): string {
    return join(this.#folder, 'jobs.db')
  }

  /** The test's own end of the queue; the test itself never works. */
  async open(): Promise<Queue> {
    const queue = await openQueue(`sqlite:${this.file}`)
    this.#queues.push(queue)
    return queue
  }

  /** A worker process that is claiming. */
  async worker(
    worker: WorkerProcessOptions['worker'] = QUICK,
    given: Partial<WorkerProcessOptions> = {},
  ): Promise<WorkerProcess> {
    const child = this.launch(worker, given)
    await child.next('ready')
    return child
  }

  /** A worker process, as soon as it is there. */
  launch(
    worker: WorkerProcessOptions['worker'] = QUICK,
    given: Partial<WorkerProcessOptions> = {},
  ): WorkerProcess {
    const options: WorkerProcessOptions = { file: this.file, worker, tells: [], deaf: false, ...given }
    return this.#start('worker-process.ts', options)
  }

  /** A process that opens the file and enqueues when it is told to. */
  async enqueuer(script: Script, given: Partial<EnqueuerProcessOptions> = {}): Promise<Child<EnqueuerTold>> {
    const options: EnqueuerProcessOptions = {
      file: this.file,
      script,
      atATime: 1,
      most: Number.MAX_SAFE_INTEGER,
      ...given,
    }
    const child = this.#start<EnqueuerTold>('enqueuer-process.ts', options)
    await child.next('loaded')
    return child
  }

  /** A process that locks the file when it is told to; needs the file to be there. */
  async locker(): Promise<Child<LockerTold>> {
    const options: LockerProcessOptions = { file: this.file }
    const child = this.#start<LockerTold>('locker-process.ts', options)
    await child.next('opened')
    return child
  }

  /** Makes the table that `transaction` writes to. */
  prepareEffects(): void {
    this.#read((database) => database.exec('create table effects (job text not null)'))
  }

  /** How often each job has had its effect, in the database and in the file beside it. */
  effects(): { readonly transaction: Map<string, number>; readonly effect: Map<string, number> } {
    const rows = this.#read((database) => database.prepare('select job from effects').all()) as {
      job: string
    }[]
    const path = `${this.file}.effects`
    const lines = existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
    return {
      transaction: countEach(rows.map(({ job }) => job)),
      effect: countEach(lines),
    }
  }

  expectSound(): void {
    const check = this.#read((database) => database.prepare('pragma integrity_check').all())
    expect(check).toEqual([{ integrity_check: 'ok' }])
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.remove()))
    for (const queue of this.#queues) await queue.close()
    rmSync(this.#folder, { recursive: true })
  }

  #start<Message extends Told>(script: string, options: object): Child<Message> {
    const child = new Child<Message>(script, options)
    this.#children.push(child as unknown as Child<Told>)
    return child
  }

  #read<Result>(body: (database: DatabaseSync) => Result): Result {
    const database = new DatabaseSync(this.file, { timeout: BOUND_MS })
    try {
      return body(database)
    } finally {
      database.close()
    }
  }
}

/** Waits until all of the jobs have completed; gives what they returned. */
export function results(
  jobs: readonly ScriptedJob[],
  timeout: Duration = BOUND_MS,
): Promise<{ pid: number; epoch: number }[]> {
  return Promise.all(jobs.map((job) => job.result({ timeout })))
}

/** The same script for many jobs. */
export function times(count: number, script: Script): Script[] {
  return Array.from({ length: count }, () => script)
}

function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
