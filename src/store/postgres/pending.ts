import { classFor, groupFor, laneOfJob } from './claiming/lane-of-job.ts'
import { classBy, ORDERED, orderOf, placeBy } from './order.ts'

/** What a pending job waits for: nothing any more, or its due time. (Or a gate: see claiming/limited.ts.) */
export const waitsFor = (dueAt: string): string =>
  `case when ${dueAt} > (select now from clock) then 2 else 1 end::smallint`

/** The same of a new job with the columns `gate` and `limits`, and the class that it is claimed in. */
export const placeFor = (dueAt: string): string =>
  `case when gate is null then ${waitsFor(dueAt)} else 3 end, ${classFor('limits')}`

/** Pending jobs `p` that wait for their lane (see errands.ts), each once: no more than there are errands, and mostly none. */
export const LANELESS = `(select distinct job from millhand.errands) e join millhand.pending p on p.seq = e.job and p.waits = 4
    join millhand.jobs j on j.seq = e.job`

/** About how much a job `j` brings its worker, with the errors and the checkpoint that it has by then. */
export const bytesOf = (errors: string, checkpoint: string): string => `(octet_length(j.input)
  + coalesce(octet_length(j.context), 0) + coalesce(octet_length(j.tags), 0) + coalesce(octet_length(j.key), 0)
  + coalesce(octet_length(${errors}), 0) + coalesce(octet_length(${checkpoint}), 0))`

/**
 * Those that wait again, until their deadline at the latest: in the lane of their queue and name, which is made anew where
 * it was pruned while they ran, with as much as they bring by now.
 */
export const AGAIN = `${ORDERED}, back as materialized (
    select g.*, coalesce(g.due_new, g.due_old) as due, j.queue, ${laneOfJob('j')} as lane_name, j.priority, l.id as lane, j.limits, j.deadline_at,
      o.rank_by, o.due_by, o.priority_by, o.weights, ${bytesOf('coalesce(g.errors, d.errors)', 'd.checkpoint')} as bytes
    from moved g join lateral (select * from millhand.jobs where seq = g.seq limit 1) j on true
    left join lateral (select id from millhand.lanes where queue = j.queue and name = ${laneOfJob('j')} limit 1) l on true
    left join lateral (select errors, checkpoint from millhand.details where seq = g.seq limit 1) d on true
    ${orderOf('j.queue')}
    where g.state = 'pending'
  ), remade as (
    insert into millhand.lanes (queue, name, used_at)
    select distinct queue, lane_name, (select now from clock) from back where lane is null order by queue, lane_name
    on conflict (queue, name) do update set used_at = excluded.used_at returning id, queue, name
  ), again as (
    insert into millhand.pending (seq, waits, class, lane, rank, due_at, asked_due_at, expires_at, started_at, attempt, epoch,
      crashes, care, bytes, detailed, turn_group)
    select o.seq, ${waitsFor('o.due')}, ${classBy({ dueAt: 'o.due', limits: 'o.limits', care: 'o.care' })},
      coalesce(o.lane, r.id), ${placeBy({ priority: 'o.priority', dueAt: 'o.due' })}, coalesce(o.expires_at, o.deadline_at),
      o.started_at, o.attempt, o.epoch, o.crashes, o.care, o.bytes, true, ${groupFor('o.limits')}
    from back o left join remade r on r.queue = o.queue and r.name = o.lane_name
  )`
