import { readFileSync, readlinkSync } from 'node:fs'

/**
 * The clock of the machine that nobody sets. It goes on from the boot, for all processes alike, whatever happens to the
 * wall clock; it stands still while the machine sleeps.
 */
export interface Machine {
  /** Tells one boot from the next; empty where the machine does not say. */
  readonly boot: string
  /** Milliseconds since some moment of this boot. */
  uptimeMs(): number
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id'
/** A container may have an uptime of its own. */
const TIME_NAMESPACE = '/proc/self/ns/time'

export function thisMachine(): Machine {
  return {
    boot: told(() => `${readFileSync(BOOT_ID, 'utf8').trim()} ${told(() => readlinkSync(TIME_NAMESPACE))}`),
    uptimeMs() {
      const [seconds, nanoseconds] = process.hrtime()
      return seconds * 1_000 + nanoseconds / 1_000_000
    },
  }
}

function told(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}
