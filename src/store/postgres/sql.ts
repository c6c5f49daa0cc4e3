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
