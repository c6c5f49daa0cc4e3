import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openMemoryStore } from '../src/store/memory/index.ts'
import { openSqliteStore } from '../src/store/sqlite/index.ts'
import type { Store } from '../src/store/store.ts'
import { MachineClock, type Owner, type Timeline } from './timeline.ts'

export const STORE_KINDS = ['memory', 'sqlite'] as const

export type StoreKind = (typeof STORE_KINDS)[number]

/** What all processes of a world share. */
export interface Database {
  /** The store as a process that has just started opens it. */
  open(): Promise<Store>
  /** Sets the wall clock of the machine. A store that lives in one process has none but its own. */
  step(ms: number): void
  /** Whether it can be closed under everybody's hands, and opened again. */
  readonly restarts: boolean
  /** Rises whenever something is written; `undefined` where that cannot be told. */
  version(): number | undefined
  /** Another one whenever a job is not what it was; `undefined` where that cannot be told without reading them all. */
  mark(): string | undefined
  remove(): void
}

/** The clock of a store fires nothing. */
const NOBODY: Owner = { state: 'alive' }

/** Where a file needs no disk: what a power cut takes is not simulated. */
const FAST_FOLDER = '/dev/shm'

/** Makes databases for many worlds, one after the other. A file is migrated once, and copied. */
export class Databases {
  readonly #kind: StoreKind
  #folder: string | undefined
  #made = 0

  constructor(kind: StoreKind) {
    this.#kind = kind
  }

  async make(timeline: Timeline): Promise<Database> {
    return this.#kind === 'memory' ? memory(timeline) : sqlite(timeline, await this.#file())
  }

  remove(): void {
    if (this.#folder) rmSync(this.#folder, { recursive: true, force: true })
    this.#folder = undefined
  }

  async #file(): Promise<string> {
    const folder = existsSync(FAST_FOLDER) ? FAST_FOLDER : tmpdir()
    this.#folder ??= mkdtempSync(join(folder, 'millhand-simulation-'))
    const template = join(this.#folder, 'template.db')
    if (!existsSync(template)) await (await openSqliteStore({ file: template })).close()
    this.#made += 1
    const file = join(this.#folder, `world-${this.#made}.db`)
    copyFileSync(template, file)
    return file
  }
}

function memory(timeline: Timeline): Database {
  const store = openMemoryStore({ clock: new MachineClock(timeline, NOBODY) })
  return {
    open: async () => store,
    step: () => {},
    restarts: false,
    version: () => undefined,
    mark: () => undefined,
    remove: () => {},
  }
}

/** All that a call may not change of a job that is not its own: see `changes.ts`. Most calls change nothing of it. */
const MARK = `select group_concat(concat_ws(' ', seq, state, ifnull(worker, '-'), epoch, attempt, crashes, ifnull(key, '-'))) as mark
  from millhand_jobs`

function sqlite(timeline: Timeline, file: string): Database {
  const clock = new MachineClock(timeline, NOBODY)
  const eye = new DatabaseSync(file, { readOnly: true })
  const version = eye.prepare('pragma data_version')
  const mark = eye.prepare(MARK)
  return {
    open: () => openSqliteStore({ file, clock }),
    step: (ms) => {
      clock.skewMs += ms
    },
    restarts: true,
    version: () => Number(version.get()?.data_version),
    mark: () => String(mark.get()?.mark),
    remove: () => {
      eye.close()
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
    },
  }
}
