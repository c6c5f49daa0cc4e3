import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, type as systemType, totalmem } from 'node:os'
import { median, monotonicMs } from './measure.ts'
import type { Scratch } from './scratch.ts'

/** What figures depend on besides the code, in one line. */
export function describeMachine(scratch: Scratch, note: string): string {
  const [load = 0] = loadavg()
  const inPlaceMs = flushMs(scratch.file(), () => 0)
  const growingMs = flushMs(scratch.file(), (flush) => flush * PAGE_BYTES)
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim()})`,
    ...(note === '' ? [] : [note]),
    `${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    `${inPlaceMs.toFixed(2)} ms to flush a page to the disk and ${growingMs.toFixed(2)} ms at the end of a growing file`,
    systemType(),
    `load ${load.toFixed(1)} at the start`,
    `Node ${process.versions.node}`,
  ].join(', ')
}

const PAGE_BYTES = 4_096
const FLUSHES = 200

/**
 * What every durable commit has to wait for: the median time of one small write that reaches the disk. At the end of a
 * file that grows it is several times as long as over what is there, which SQLite's log soon becomes.
 */
function flushMs(file: string, offset: (flush: number) => number): number {
  const handle = openSync(file, 'w')
  const page = Buffer.alloc(PAGE_BYTES)
  const samplesMs = Array.from({ length: FLUSHES }, (_, flush) => {
    const startMs = monotonicMs()
    writeSync(handle, page, 0, PAGE_BYTES, offset(flush))
    fdatasyncSync(handle)
    return monotonicMs() - startMs
  })
  closeSync(handle)
  return median(samplesMs)
}
