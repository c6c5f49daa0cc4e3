import type { Clock } from './clock.ts'
import type { Random } from './random.ts'

/** Makes identifiers that no other process makes and that sort by the time they were made. */
export type Ids = () => string

const COUNTER_VALUES = 0x1000

/**
 * UUID version 7 (RFC 9562): 48 bits of milliseconds, a counter of 12 bits that keeps the order within one
 * millisecond, and 62 random bits. Sorted ids keep the index on them append-only, which is what makes it cheap.
 */
export function uuidv7(clock: Clock, random: Random): Ids {
  let lastMs = 0
  let counter = 0
  let shownMs = -1
  let time = ''
  return () => {
    const nowMs = clock.now()
    if (nowMs > lastMs) {
      lastMs = nowMs
      counter = Math.floor(random() * (COUNTER_VALUES / 4))
    } else {
      counter += 1
      if (counter === COUNTER_VALUES) {
        lastMs += 1
        counter = 0
      }
    }
    if (lastMs !== shownMs) time = showTime(lastMs)
    shownMs = lastMs
    const variant = (0x8000 + Math.floor(random() * 0x4000)).toString(16)
    return `${time}-7${THREE_DIGITS[counter]}-${variant}-${sixDigits(random)}${sixDigits(random)}`
  }
}

/** Every number of three hexadecimal digits: looked up, since formatting them took a tenth of a bulk enqueue. */
const THREE_DIGITS = Object.freeze(Array.from({ length: COUNTER_VALUES }, (_, value) => hex(value, 3)))

function sixDigits(random: Random): string {
  const value = Math.floor(random() * COUNTER_VALUES * COUNTER_VALUES)
  return `${THREE_DIGITS[value >>> 12]}${THREE_DIGITS[value & 0xfff]}`
}

function showTime(ms: number): string {
  const digits = hex(ms, 12)
  return `${digits.slice(0, 8)}-${digits.slice(8)}`
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}
