import type { NoticeKind } from '../store.ts'

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

/** What a pending job waits for: nothing any more, or its due time. */
export const waitsFor = (dueAt: string): string =>
  `case when ${dueAt} > (select now from clock) then 2 else 1 end::smallint`

/** About how much a job `j` brings its worker, with the errors and the checkpoint that it has by then. */
export const bytesOf = (errors: string, checkpoint: string): string => `(octet_length(j.input)
  + coalesce(octet_length(j.context), 0) + coalesce(octet_length(j.tags), 0) + coalesce(octet_length(j.key), 0)
  + coalesce(octet_length(${errors}), 0) + coalesce(octet_length(${checkpoint}), 0))`

/**
 * A select that notifies the processes that sleep for this, where there are any: a notification takes a lock at commit.
 * `exists` is a condition without which nothing has happened.
 */
export const wake = (kind: NoticeKind, exists: string): string => `select pg_notify('{${kind}}', '{self}')
    where exists (select from millhand.listeners where ${kind} and id <> '{self}' and lease_until > ${NOW}) and ${exists}`

/**
 * Tells subscribers of the jobs in `source` (seq, epoch, verb, state), if there are any, and wakes processes that
 * sleep: for work only where a job has become pending, so that a claim or a completion wakes no idle worker. As a part
 * of the statement that makes the change: nobody hears of what was undone, and nobody pays where nobody listens. `jobs`
 * has their names, where this very statement stores them. `woken` only runs where the statement's own select names it:
 * see `WAKE`.
 */
export const tell = (source: string, jobs = 'millhand.jobs'): string => `told as (
    insert into millhand.changes (id, name, queue, verb, state, at, progress)
    select j.id, j.name, j.queue, s.verb, s.state, (select now from clock), d.progress
    from ${source} s join ${jobs} j using (seq)
    left join millhand.details d on d.seq = s.seq and d.progress_epoch = s.epoch
    where exists (select from millhand.subscribers where lease_until > (select now from clock))
    order by s.seq
  ), woken as materialized (
    ${wake('changed', `exists (select from ${source})`)}
    union all ${wake('ready', `exists (select from ${source} where state = 'pending')`)}
  )`

/** A condition that always holds, and that makes `woken` run. */
export const WAKE = '(select count(*) from woken) >= 0'
