import type { Value } from './session.ts'

/**
 * What the statements have in common. `millhand.` stands for the schema, whatever its name is (see `Session`), and
 * `$1` for the time of an injected clock, or null for the database's own: machines disagree about the time, so that
 * only one clock may count.
 */

/** The time in milliseconds since the epoch. */
export const NOW = '(coalesce($1::bigint, floor(extract(epoch from statement_timestamp()) * 1000)::bigint))'

/**
 * `now` for a statement whose loss in a power cut would only mean that it happens again. It is not flushed where it is a
 * transaction by itself; in one of several statements it would hold for all of them, so that `{light}` stands for nothing
 * there: see `Session`. The server evaluates the clock where a statement asks for the time, and only there: whatever
 * such a statement writes has to do so, or its own select has to say `TIMED`.
 */
export const LIGHT_CLOCK = `clock as (select ${NOW} as now{light})`

/** A condition that always holds, and that makes the server evaluate the clock. */
export const TIMED = '(select now from clock) is not null'

/** `now` for a statement that is on the disk when it has been answered. */
export const CLOCK = `clock as (select ${NOW} as now)`

/** `isTimely`, of a row that waits, by the time of the statement. */
export const timely = (row = 'p', now = '(select now from clock)'): string =>
  `(${row}.expires_at is null or ${row}.expires_at > ${now})`

/** A statement whose parameters have names. */
interface Statement<Name extends string> {
  readonly text: string
  /** The values in the order in which the text counts them, behind the time. */
  values(given: Readonly<Record<Name, Value>>): Value[]
}

/**
 * Gives parameters (`$seqs`) their numbers and their types, once: `$1` is the time, and the others follow in the order in
 * which they are declared.
 */
export function statement<Name extends string>(
  types: Readonly<Record<Name, SqlType>>,
  sql: string,
): Statement<Name> {
  const names = Object.keys(types) as Name[]
  const numbered = (written: string, name: string) => {
    const place = names.indexOf(name as Name)
    return place < 0 ? written : `$${place + 2}::${types[name as Name]}`
  }
  return {
    text: sql.replaceAll(/\$([a-z]\w*)/gi, numbered),
    values: (given) => names.map((name) => given[name]),
  }
}

type SqlType = 'boolean' | Listed | `${Listed}[]`

type Listed = 'bigint' | 'integer' | 'smallint' | 'text'
