/** How the functions store a job: as src/store/postgres/insert.ts does, and without a lock that others would wait for. */
export const storing = `
-- Tells subscribers, and wakes who sleeps, where there is anybody.
create function millhand.sql_announce(job millhand.jobs, epoch integer, verb text, state text, at bigint) returns void language plpgsql as $$
begin
  insert into millhand.changes (id, name, queue, verb, state, at, progress)
    select job.id, job.name, job.queue, sql_announce.verb, sql_announce.state, sql_announce.at,
      (select d.progress from millhand.details d where d.seq = job.seq and d.progress_epoch = sql_announce.epoch)
    where exists (select from millhand.subscribers s where s.lease_until > sql_announce.at);
  perform pg_notify('{changed}', '') where exists (select from millhand.listeners l where l.changed and l.lease_until > at);
  if state = 'pending' then perform millhand.sql_wake(at); end if;
end $$;

create function millhand.sql_wake(at bigint) returns void language plpgsql as $$
begin
  perform pg_notify('{ready}', '') where exists (select from millhand.listeners l where l.ready and l.lease_until > at);
end $$;

-- The name of the lane of a job: its own, and what the job requires of its worker.
create function millhand.sql_lane_name(job millhand.jobs) returns text language sql as $$
  select case when starts_with(job.limits, '[["!') then job.name || ' ' || split_part(substr(job.limits, 5), '"', 1) else job.name end
$$;

-- Lets a job wait: in the lane of its queue and name, if there is one that nobody is about to prune; or until a worker has
-- made that. What is made or renewed in an open transaction would keep everybody else from it.
create function millhand.sql_wait(job millhand.jobs, due bigint, expires bigint, back integer, at bigint) returns void language plpgsql as $$
declare
  its_lane integer;
  used bigint;
  more integer := 0;
begin
  select l.id, l.used_at into its_lane, used from millhand.lanes l where l.queue = job.queue and l.name = millhand.sql_lane_name(job);
  if its_lane is null or used <= at - 3000000 then its_lane := 0; end if;
  if back is not null then
    select coalesce(octet_length(d.errors), 0) + coalesce(octet_length(d.checkpoint), 0) into more from millhand.details d where d.seq = job.seq;
  end if;
  insert into millhand.pending (seq, waits, class, lane, rank, due_at, expires_at, attempt, epoch, crashes, bytes, detailed)
    values (job.seq, case when its_lane = 0 then 4 when due > at then 2 else 1 end, case when job.limits is null then 1 when starts_with(job.limits, '[["!') then 4 else 3 end,
      its_lane, -job.priority, due, expires, 0, coalesce(back, 0), 0, octet_length(job.input) + coalesce(octet_length(job.context), 0)
      + coalesce(octet_length(job.tags), 0) + coalesce(octet_length(job.key), 0) + coalesce(more, 0), back is not null);
  if its_lane = 0 or used <= at - 300000 then
    insert into millhand.errands (job, verb) values (job.seq, 'lane');
  end if;
end $$;

create function millhand.sql_holds(seq bigint) returns boolean language sql as $$
  select exists (select from millhand.pending p where p.seq = abs($1))
    or exists (select from millhand.claims c where c.low <= abs($1) and c.high >= abs($1) and abs($1) = any(c.seqs))
$$;

-- Lets go of a key that nobody holds any more.
create function millhand.sql_free_key(its_name text, its_key text, at bigint) returns void language plpgsql as $$
begin
  delete from millhand.keys k where k.name = its_name and k.key = its_key and (k.seq > 0 or k.kept_until <= at) and not millhand.sql_holds(k.seq);
end $$;

-- Takes the key of a job; or gives the id of the one that holds it, and refuses where that is asked for.
create function millhand.sql_take_key(job millhand.jobs, policy text, at bigint) returns text language plpgsql as $$
declare
  held millhand.keys;
  state text;
begin
  for tries in 1 .. 5 loop
    insert into millhand.keys (name, key, seq, id) values (job.name, job.key, job.seq, job.id) on conflict do nothing;
    if found then return null; end if;
    perform millhand.sql_free_key(job.name, job.key, at);
    select k.* into held from millhand.keys k where k.name = job.name and k.key = job.key;
    continue when not found;
    if policy = 'existing' then return held.id; end if;
    state := case when exists (select from millhand.pending p where p.seq = abs(held.seq)) then 'pending'
      when millhand.sql_holds(held.seq) then 'begun' else 'ended' end;
    perform millhand.sql_refuse('key_conflict', format('Key %s of job ''%s'' is held by job ''%s''.', millhand.sql_shown(to_jsonb(job.key)), job.name, held.id),
      case state when 'ended' then 'It has ended, and keeps it by its keyScope. Free the key to run it again: queue.freeKey(name, key).'
        else 'Leave it, cancel it, or enqueue again when it has ended.' end,
      jsonb_build_object('name', job.name, 'key', job.key, 'id', held.id, 'state', state));
  end loop;
  raise exception using errcode = '40001', message = 'the key of a job changes hands all the time: try again';
end $$;
`
