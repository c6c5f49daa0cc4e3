import { DatabaseSync } from 'node:sqlite'
import type { LockerProcessOptions, LockerTold } from './script.ts'

/** A stranger that holds a write transaction open on the file, for as many milliseconds as it is told. */

const { file } = JSON.parse(process.argv[2] ?? '') as LockerProcessOptions
const database = new DatabaseSync(file, { timeout: 5_000 })
process.on('message', (forMs) => lock(forMs as number))
tell({ kind: 'opened' })

function lock(forMs: number): void {
  database.exec('begin immediate')
  tell({ kind: 'locked' })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
  database.exec('rollback')
  tell({ kind: 'unlocked' })
}

function tell(told: LockerTold): void {
  process.send?.(told)
}
