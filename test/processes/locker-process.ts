import { DatabaseSync } from 'node:sqlite'
import { BOUND_MS } from '../support/child.ts'
import type { LockerProcessOptions, LockerTold, LockerWord } from './script.ts'

/** A stranger that holds a write transaction open on the file: until it is told to end it, or for so many milliseconds. */

const { file } = JSON.parse(process.argv[2] ?? '') as LockerProcessOptions
const database = new DatabaseSync(file, { timeout: BOUND_MS })
process.on('message', (word: LockerWord) => {
  if (word === 'unlock') return unlock()
  lock()
  if (word !== 'lock') unlockAfter(word)
})
tell({ kind: 'opened' })

function lock(): void {
  database.exec('begin immediate')
  tell({ kind: 'locked' })
}

function unlockAfter(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)
  unlock()
}

function unlock(): void {
  database.exec('rollback')
  tell({ kind: 'unlocked' })
}

function tell(told: LockerTold): void {
  process.send?.(told)
}
