import { readSafely } from '../kit/brand.ts'
import { pictureOf } from '../kit/picture.ts'
import type { Json } from './json.ts'
import { LOG_LINE_CHARACTERS, PAYLOAD_DEPTH_MAX, PROGRESS_BYTES_MAX } from './limits.ts'
import type { Progress } from './progress.ts'
import { storableText } from './text.ts'

/**
 * What only tells of work never ends it: progress and the data of log lines are shown as far as they can be. What JSON
 * has no word for becomes a text that says what it was, what is too large is cut, and nothing throws. Everything is
 * copied at the call, so that what a handler does to an object later changes nothing.
 */

/** Room for the signs that say that something was cut. */
const CUT_CHARACTERS = 64

/** A value as JSON can show it, in at most `bytesMax` of JSON. */
export function showable(value: unknown, bytesMax: number = PROGRESS_BYTES_MAX): Json {
  for (let characters = bytesMax - CUT_CHARACTERS; characters >= 1; characters = Math.floor(characters / 2)) {
    const shown = pictureOf(value, { characters, depthMax: PAYLOAD_DEPTH_MAX })
    if (Buffer.byteLength(JSON.stringify(shown)) <= bytesMax) return shown
  }
  return '…'
}

/** Progress as it is shown: a fraction from 0 to 1, or none; a message that is a text; the rest cut to its limit. */
export function showableProgress(given: unknown): Progress {
  if (typeof given === 'number') return withFraction(showable(given), {})
  const shown = showable(given)
  if (typeof shown !== 'object' || shown === null || Array.isArray(shown)) {
    return shown === null ? {} : { message: textOf(shown) }
  }
  const { fraction, message, ...others } = shown as { readonly [key: string]: Json }
  const told = message === undefined || message === null ? others : { ...others, message: textOf(message) }
  return fraction === undefined || fraction === null ? told : withFraction(fraction, told)
}

/** A sum of parts may come out a little above 1. */
const FRACTION_MAX = 1.001

/** What is told of progress that was given as more than all, such as a percentage; `undefined` where there is none. */
export function fractionProblem(given: unknown): string | undefined {
  const fraction = typeof given === 'number' ? given : readSafely(given, 'fraction')
  if (typeof fraction !== 'number' || fraction <= FRACTION_MAX) return undefined
  return `ctx.progress got ${fraction}, and a fraction is from 0 to 1: it is shown as 1. Half of the work is 0.5.`
}

/** A message of a log line, whatever was passed. */
export function showableText(given: unknown): string {
  return typeof given === 'string' ? given : textOf(showable(given))
}

/** One that is none is told in words, where there are no others. */
function withFraction(fraction: Json, progress: Progress): Progress {
  const number = typeof fraction === 'number' ? fraction : Number.parseFloat(String(fraction))
  if (Number.isNaN(number)) return { message: `[fraction: ${textOf(fraction)}]`, ...progress }
  return { fraction: Math.min(1, Math.max(0, number)), ...progress }
}

function textOf(shown: Json): string {
  return storableText(typeof shown === 'string' ? shown : JSON.stringify(shown), LOG_LINE_CHARACTERS)
}
