import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test as base, expect } from 'vitest'
import { BOUND_MS, type Child } from '../support/child.ts'
import type { LockerProcessOptions, LockerTold } from './script.ts'
import { countEach, PATIENT, Stage } from './stage.ts'

export * from './stage.ts'

/** Beats and polls so rare that no test lives to see one: what is seen is seen by notice. */
export const BY_NOTICE = { lease: '4h', beat: '1h', pollInterval: '1h' } as const

/** `test`, with a scene and a queue on its file: made for this test alone, and gone when it has ended. */
export const test = base
  .extend('scene', ({ onTestFinished }) => {
    const scene = new Scene()
    onTestFinished(() => scene.close())
    return scene
  })
  .extend('queue', ({ scene }) => scene.open(PATIENT))

/** One file in a folder of its own, and the processes on it. */
export class Scene extends Stage {
  get file(): string {
    return join(this.folder, 'jobs.db')
  }

  get url(): string {
    return `sqlite:${this.file}`
  }

  /** A process that locks the file when it is told to; needs the file to be there. */
  async locker(): Promise<Child<LockerTold>> {
    const options: LockerProcessOptions = { file: this.file }
    const child = this.start<LockerTold>('locker-process.ts', options)
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
    return { transaction: countEach(rows.map(({ job }) => job)), effect: this.effectsInFile() }
  }

  expectSound(): void {
    const check = this.#read((database) => database.prepare('pragma integrity_check').all())
    expect(check).toEqual([{ integrity_check: 'ok' }])
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
