import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import type { Database, Holder } from '../database.ts'
import { type Mark, marksOf } from '../marks.ts'
import { MachineClock, NOBODY, type Timeline } from '../timeline.ts'

/** Where a file needs no disk: what a power cut takes is not simulated. */
const FAST_FOLDER = '/dev/shm'

const MARKS = `select id, concat_ws(' ', state, ifnull(worker, '-'), epoch, attempt, crashes, ifnull(key, '-'), ifnull(gate, '-')) as mark
  from millhand_jobs order by seq desc`

const HOLDERS = `select millhand_holders.gate, id from millhand_holders
  left join millhand_jobs on millhand_jobs.seq = millhand_holders.job`

/** Files for many worlds, one after the other: one is migrated, and copied. */
export class SqliteFiles {
  #folder: string | undefined
  #made = 0

  async make(timeline: Timeline): Promise<Database> {
    return onFile(timeline, await this.#file())
  }

  async remove(): Promise<void> {
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

function onFile(timeline: Timeline, file: string): Database {
  const clock = new MachineClock(timeline, NOBODY)
  const eye = new DatabaseSync(file, { readOnly: true })
  const version = eye.prepare('pragma data_version')
  const marks = eye.prepare(MARKS)
  const holders = eye.prepare(HOLDERS)
  return {
    open: async () => ({ store: await openSqliteStore({ file, clock }) }),
    step: (ms) => {
      clock.skewMs += ms
    },
    restarts: true,
    concurrent: false,
    ordered: false,
    timing: 'stepped',
    holders: async () => holders.all() as unknown as Holder[],
    blocked: async () => 0,
    complaints: async () => [],
    version: async () => String(version.get()?.data_version),
    marks: async () => marksOf(marks.all() as unknown as Mark[]),
    remove: async () => {
      eye.close()
      for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
    },
  }
}
