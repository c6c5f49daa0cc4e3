/** What is set for queues: the functions go by it, or refuse a job where they cannot. */
export const queueRules = `
-- What is set for a queue, and for all of them; of what cannot be read, nothing.
create function millhand.sql_set_for(its_queue text) returns jsonb language plpgsql as $$
declare
  given text := (select q.settings from millhand.queues q where q.queue = its_queue);
begin
  if given is null or jsonb_typeof(given::jsonb) <> 'object' then return '{}'; end if;
  return given;
exception when invalid_text_representation then
  return '{}';
end $$;

create function millhand.sql_settings(its_queue text) returns jsonb language plpgsql as $$
declare
  own jsonb := millhand.sql_set_for(its_queue);
  setting text := (select min(k) from jsonb_object_keys(own) k where k not in ('maxSize', 'overflow', 'limits'));
begin
  if setting is not null then
    perform millhand.sql_not_supported(format('Queue ''%s'' has the setting ''%s'', and to let a job wait in such a queue', its_queue, setting),
      'Use the API for it, or another queue.');
  end if;
  return own || jsonb_build_object('limits', coalesce(millhand.sql_set_for('*') -> 'limits', '[]') || coalesce(own -> 'limits', '[]'));
end $$;

-- The gates that a job has by its queue, as src/job/queue-gates.ts writes them.
create function millhand.sql_gates(limits jsonb) returns text language sql as $$
  select '[' || string_agg(format('[%s,%s,1]', to_json(g.gate), g.cost), ',' order by g.gate) || ']' from (
    select distinct on (gate) gate, cost from (
      select (case when e.l ->> 'name' <> e.l ->> 'key' then (e.l ->> 'name') || '=' else '' end || (e.l ->> 'key')) collate "C" as gate,
        coalesce(e.l ->> 'cost', '1') as cost, e.place from jsonb_array_elements($1) with ordinality as e(l, place)
    ) each where gate is not null order by gate, place desc
  ) g
$$;

create function millhand.sql_pending_in(its_queue text) returns bigint language sql as $$
  select coalesce(sum((select count(*) from generate_series(1, 6) c join millhand.pending p on p.waits = 1 and p.class = c and p.lane = l.id)
    + (select count(*) from millhand.pending p where p.waits = 3 and p.lane = l.id)), 0)
    + (select count(*) from millhand.pending p join millhand.lanes o on o.id = p.lane where p.waits = 2 and o.queue = $1)
    + (select count(*) from millhand.errands e join millhand.jobs j on j.seq = e.job join millhand.pending p on p.seq = e.job
      where p.waits = 4 and j.queue = $1)
  from millhand.lanes l where l.queue = $1
$$;

-- After a job was stored. A queue without a size of its own is counted only where the server thinks that there are as many
-- jobs as one may have: to count millions for each would take too long.
create function millhand.sql_keep_within(its_queue text, settings jsonb, at bigint) returns void language plpgsql as $$
declare
  most bigint := coalesce((settings ->> 'maxSize')::bigint, 10000000);
  excess bigint;
  oldest bigint;
begin
  if not settings ? 'maxSize' and (select c.reltuples from pg_class c where c.oid = 'millhand.pending'::regclass) < most then return; end if;
  excess := millhand.sql_pending_in(its_queue) - most;
  if excess <= 0 then return; end if;
  if settings ->> 'overflow' is distinct from 'dropOldest' then
    perform millhand.sql_refuse('queue_full', format('Queue ''%s'' already holds %s pending jobs, which is its limit.', its_queue, most),
      'Wait until workers have caught up, add workers, or raise ''maxSize'' of the queue.', jsonb_build_object('queue', its_queue, 'limit', most));
  end if;
  for oldest in select p.seq from millhand.pending p join millhand.jobs j using (seq) where j.queue = its_queue
    order by p.seq limit least(excess, 1001) for update of p skip locked
  loop
    perform millhand.sql_cancel_pending(oldest, format('dropped as one of the oldest: newer jobs came, and queue ''%s'' keeps %s (maxSize)', its_queue, most), at);
  end loop;
end $$;
`
