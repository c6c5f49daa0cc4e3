import { stripVTControlCharacters } from 'node:util'

/** A text on one line with nothing in it that a terminal would act on: a path may hold anything. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd')
}

/** 12345 as people write it. */
export function grouped(count: number): string {
  return count.toLocaleString('en-GB')
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`
}

export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1_000).toPrecision(3))} s`
}
