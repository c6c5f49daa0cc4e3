/** What may be called. As their owner, so that who may call them need not be able to read or change a table. */
export const functions = `
create function millhand.enqueue(name text, input jsonb default null, options jsonb default '{}') returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp set extra_float_digits = 1 as $$
declare
  at bigint := floor(extract(epoch from statement_timestamp()) * 1000);
  given jsonb := coalesce(enqueue.options, '{}');
  policy text;
  settings jsonb;
  job millhand.jobs;
  holder text;
  due bigint;
begin
  perform millhand.sql_check_options(given);
  policy := millhand.sql_policy(given);
  job := millhand.sql_job(enqueue.name, enqueue.input, given, at);
  due := coalesce(millhand.sql_time(given, 'runAt'), at + millhand.sql_duration(given, 'delay', 0), at);
  settings := millhand.sql_settings(job.queue);
  job.limits := millhand.sql_gates(settings -> 'limits');
  job.seq := nextval('millhand.arrivals');
  if job.key is not null then
    holder := millhand.sql_take_key(job, policy, at);
    if holder is not null then return holder; end if;
  end if;
  insert into millhand.jobs (seq, id, name, queue, priority, key, tags, context, retries, timeout_ms, created_at, deadline_at, input, limits)
    values (job.seq, job.id, job.name, job.queue, job.priority, job.key, job.tags, job.context, job.retries, job.timeout_ms, job.created_at,
      job.deadline_at, job.input, job.limits);
  perform millhand.sql_wait(job, due, least(at + millhand.sql_duration(given, 'expiresIn', 1), job.deadline_at), null, at);
  perform millhand.sql_announce(job, 0, 'enqueue', 'pending', at);
  perform millhand.sql_keep_within(job.queue, settings, at);
  return job.id;
end $$;

create function millhand.cancel(id text, reason text default null) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at bigint := floor(extract(epoch from statement_timestamp()) * 1000);
  job millhand.jobs := millhand.sql_find('cancel', cancel.id);
  why text := left(coalesce(cancel.reason, 'cancelled'), 2000);
begin
  for tries in 1 .. 10 loop
    if millhand.sql_cancel_pending(job.seq, why, at) then return true; end if;
    -- In the row that says that a worker has it stand others, which would wait for the end of this transaction.
    if millhand.sql_holds(job.seq) and not exists (select from millhand.pending p where p.seq = job.seq) then
      insert into millhand.errands (job, verb, reason) values (job.seq, 'cancel', why);
      perform millhand.sql_wake(at);
      return true;
    end if;
    exit when millhand.sql_state(job.seq) in ('complete', 'failed', 'cancelled');
  end loop;
  return false;
end $$;

create function millhand.retry(id text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  at bigint := floor(extract(epoch from statement_timestamp()) * 1000);
  job millhand.jobs := millhand.sql_find('retry', retry.id);
  ended millhand.settled;
begin
  select s.* into ended from millhand.settled s where s.seq = job.seq for update;
  if not found or ended.state not in ('failed', 'cancelled') then
    perform millhand.sql_not_retryable(job, millhand.sql_state(job.seq));
  end if;
  -- Where its queue has an order that they do not know, it would get a wrong place.
  perform millhand.sql_settings(job.queue);
  if job.key is not null then
    perform millhand.sql_free_key(job.name, job.key, at);
    insert into millhand.keys (name, key, seq, id) values (job.name, job.key, job.seq, job.id) on conflict do nothing;
    if not found and not exists (select from millhand.keys k where k.seq = -job.seq) then
      perform millhand.sql_not_retryable(job, ended.state);
    end if;
  end if;
  delete from millhand.settled s where s.seq = job.seq;
  update millhand.jobs j set deadline_at = null where j.seq = job.seq and j.deadline_at is not null;
  perform millhand.sql_wait(job, at, null, ended.epoch, at);
  perform millhand.sql_announce(job, ended.epoch, 'retry', 'pending', at);
end $$;
`
