import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/**
 * The wall clock of a machine that somebody sets: how far it is off, in a file, so that all processes and threads on it see
 * the step at the same moment. What the machine's uptime says stays as it is.
 */
export class WallClock {
  readonly #descriptor: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'w')
    this.setOff(0)
  }

  /** Sets it so many milliseconds before or after the right time. */
  setOff(offMs: number): void {
    writeSync(this.#descriptor, new Float64Array([offMs]), 0, Float64Array.BYTES_PER_ELEMENT, 0)
  }

  close(): void {
    closeSync(this.#descriptor)
  }
}

/** From now on this thread goes by that clock. */
export function followWallClock(file: string): void {
  const descriptor = openSync(file, 'r')
  const read = new Float64Array(1)
  const { now } = Date
  Date.now = () => {
    readSync(descriptor, read, 0, Float64Array.BYTES_PER_ELEMENT, 0)
    return now() + Math.round(read[0] ?? 0)
  }
}
