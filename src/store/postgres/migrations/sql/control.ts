/** The ends and the second begins of jobs. */
export const control = `
-- Cancels a job that waits and that nobody holds; false where it is no such job.
create function millhand.sql_cancel_pending(its_seq bigint, why text, at bigint) returns boolean language plpgsql as $$
declare
  waited millhand.pending;
  job millhand.jobs;
begin
  delete from millhand.pending p where p.seq = its_seq returning p.* into waited;
  if not found then return false; end if;
  select j.* into job from millhand.jobs j where j.seq = its_seq;
  insert into millhand.settled (seq, state, finished_at, started_at, due_at, expires_at, attempt, epoch, crashes, care, reason)
    values (its_seq, 'cancelled', at, waited.started_at, coalesce(waited.asked_due_at, waited.due_at), waited.expires_at, waited.attempt, waited.epoch, waited.crashes, waited.care, why);
  delete from millhand.keys k where k.seq = its_seq;
  insert into millhand.ledger (minute, queue, name, completed, failed, cancelled, waits, runs)
    values (at / 60000 * 60000, job.queue, job.name, 0, 0, 1, '{}', '{}');
  perform millhand.sql_announce(job, waited.epoch, 'cancel', 'cancelled', at);
  return true;
end $$;

create function millhand.sql_find(verb text, its_id text) returns millhand.jobs language plpgsql as $$
declare
  job millhand.jobs;
begin
  if its_id is null then
    perform millhand.sql_bad_option(verb, 'id', null, 'a job''s id, which is a text');
  end if;
  select j.* into job from millhand.jobs j where j.id = its_id;
  if found then return job; end if;
  perform millhand.sql_refuse('job_not_found', format('No job has the id %s.', millhand.sql_shown(to_jsonb(its_id))),
    'It never existed, or it was pruned after its retention.', jsonb_build_object('id', its_id));
end $$;

-- Why a job cannot be retried.
create function millhand.sql_not_retryable(job millhand.jobs, state text) returns void language plpgsql as $$
begin
  if state in ('failed', 'cancelled') then
    perform millhand.sql_refuse('not_retryable', format('Job ''%s'' cannot be retried: its key is held by another job of its name.', job.id),
      'Wait until that one has ended, or free the key if it has: queue.freeKey(name, key).', jsonb_build_object('id', job.id, 'state', state));
  end if;
  perform millhand.sql_refuse('not_retryable', format('Job ''%s'' is %s: only a failed or cancelled job can be retried.', job.id, state),
    'Wait until it has ended.', jsonb_build_object('id', job.id, 'state', state));
end $$;

create function millhand.sql_state(its_seq bigint) returns text language sql as $$
  select case when exists (select from millhand.pending p where p.seq = $1) then 'pending' else coalesce(
    (select case when c.begun then 'running' else 'pending' end from millhand.claims c where c.low <= $1 and c.high >= $1 and $1 = any(c.seqs) limit 1),
    (select s.state from millhand.settled s where s.seq = $1), 'complete') end
$$;
`
