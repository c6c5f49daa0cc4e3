import type { NoticeKind } from '../store.ts'
import { rowOf } from './lookup.ts'
import { NOW } from './sql.ts'

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
export const tell = (source: string, jobs?: string): string => `told as (
    insert into millhand.changes (id, name, queue, verb, state, at, progress)
    select j.id, j.name, j.queue, s.verb, s.state, (select now from clock), d.progress
    from ${source} s ${jobs === undefined ? `cross join ${rowOf('s', 'id, name, queue', 'jobs')} j` : `join ${jobs} j using (seq)`}
    left join ${rowOf('s', 'progress, progress_epoch', 'details')} d on d.progress_epoch = s.epoch
    where exists (select from millhand.subscribers where lease_until > (select now from clock))
    order by s.seq
  ), woken as materialized (
    ${wake('changed', `exists (select from ${source})`)}
    union all ${wake('ready', `exists (select from ${source} where state = 'pending')`)}
  )`

/** A condition that always holds, and that makes `woken` run. */
export const WAKE = '(select count(*) from woken) >= 0'
