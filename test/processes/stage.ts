import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Duration, type JobHandle, type OpenOptions, openQueue, type Queue } from 'millhand'
import { BOUND_MS, Child, type Told } from '../support/child.ts'
import type { LimitedProcessOptions, LimitedTold, Line } from './limited.ts'
import { readLines } from './limits-witness.ts'
import type {
  BuildTold,
  BuildWorkerOptions,
  EnqueuerProcessOptions,
  EnqueuerTold,
  Script,
  WorkerProcessOptions,
  WorkerTold,
} from './script.ts'

export type WorkerProcess = Child<WorkerTold>
export type ScriptedJob = JobHandle<{ pid: number; epoch: number }>

/** Short enough for a test; a worker that lives has ten beats to keep its lease, however busy the machine is. */
export const QUICK = { lease: '3s', beat: '300ms', rescueInterval: '50ms' } as const

/** As patient as a test is: in milliseconds. */
export const BOUND = { timeout: BOUND_MS } as const

/** The test's own end waits for a store that is busy or away for as long as a test may take. */
export const PATIENT = { busyTimeout: BOUND_MS } as const

/** A store of a test's own, a folder beside it, and the processes on it. */
export abstract class Stage {
  /** The store, for those who open it. */
  abstract readonly url: string
  protected readonly folder = mkdtempSync(join(tmpdir(), 'millhand-'))
  readonly #children: Child<Told>[] = []
  readonly #queues: Queue[] = []

  /** The test's own end of the queue; the test itself never works. */
  async open(options?: OpenOptions): Promise<Queue> {
    const queue = await openQueue(this.url, { logger: false, ...options })
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
    const { url, effectsFile: effects } = this
    const options: WorkerProcessOptions = {
      ...{ url, effects, worker, tells: [], deaf: false, clockOffMs: 0 },
      ...given,
    }
    return this.start('worker-process.ts', options)
  }

  /** A worker of another build, as soon as it is there. */
  launchOf(given: Pick<BuildWorkerOptions, 'build' | 'migration' | 'worker'>): Child<BuildTold> {
    const { url, effectsFile: effects } = this
    return this.start('build-worker.ts', { url, effects, ...given } satisfies BuildWorkerOptions)
  }

  /** A worker of limited jobs, which is claiming. */
  async limitedWorker(worker: LimitedProcessOptions['worker']): Promise<Child<LimitedTold>> {
    const { url, witnessFile: witness } = this
    const options: LimitedProcessOptions = { url, witness, worker }
    const child = this.start<LimitedTold>('limited-process.ts', options)
    await child.next('ready')
    return child
  }

  /** What the witness of limited jobs has written. */
  witnessed(): Line[] {
    return readLines(this.witnessFile)
  }

  /** A process that opens the store and enqueues when it is told to. */
  async enqueuer(script: Script, given: Partial<EnqueuerProcessOptions> = {}): Promise<Child<EnqueuerTold>> {
    const options: EnqueuerProcessOptions = {
      url: this.url,
      script,
      atATime: 1,
      most: Number.MAX_SAFE_INTEGER,
      ...given,
    }
    const child = this.start<EnqueuerTold>('enqueuer-process.ts', options)
    await child.next('loaded')
    return child
  }

  /** How often each job has left a line in the file of effects. */
  effectsInFile(): Map<string, number> {
    const path = this.effectsFile
    return countEach(existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [])
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.remove()))
    for (const queue of this.#queues) await queue.close()
    rmSync(this.folder, { recursive: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  protected start<Message extends Told>(script: string, options: object): Child<Message> {
    const child = new Child<Message>(script, options)
    this.#children.push(child as unknown as Child<Told>)
    return child
  }

  private get witnessFile(): string {
    return join(this.folder, 'witness')
  }

  private get effectsFile(): string {
    return join(this.folder, 'effects')
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

export function countEach(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
