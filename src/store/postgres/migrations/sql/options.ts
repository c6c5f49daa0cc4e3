/** What a call says about its job. */
export const options = `
create function millhand.sql_not_supported(what text, todo text) returns void language plpgsql as $$
begin
  perform millhand.sql_refuse('not_supported', what || ' is not supported in SQL.', todo, jsonb_build_object('what', what));
end $$;

create function millhand.sql_check_options(options jsonb) returns void language plpgsql as $$
declare
  known text[] := '{queue,priority,delay,runAt,expiresIn,deadline,key,onConflict,tags,context,retries,timeout}';
  option text;
  given jsonb;
begin
  if jsonb_typeof(options) <> 'object' then
    perform millhand.sql_bad_option('enqueue', 'options', options, 'an object with any of these: ' || array_to_string(known, ', '));
  end if;
  for option, given in select * from jsonb_each(options) loop
    continue when option = any(known) or (option in ('keyScope', 'limits', 'requires', 'tx') and given = 'null') or (option = 'keyScope' and given = '"active"');
    if option = 'keyScope' then
      perform millhand.sql_not_supported('enqueue: option ''keyScope''', 'In SQL a key is held while its job is unfinished. For another scope, enqueue with the API.');
    elsif option = 'limits' then
      perform millhand.sql_not_supported('enqueue: option ''limits''', 'Give the limit to the queue, which its jobs are held to wherever they come from, or enqueue with the API.');
    elsif option = 'requires' then
      perform millhand.sql_not_supported('enqueue: option ''requires''', 'Enqueue with the API, by a definition that requires it.');
    elsif option = 'tx' then
      perform millhand.sql_not_supported('enqueue: option ''tx''', 'It is not needed: the job is a part of the transaction that the call is in.');
    end if;
    perform millhand.sql_refuse('unknown_option', format('enqueue has no option %s.', millhand.sql_shown(to_jsonb(option))),
      millhand.sql_near(option, known) || format('It takes: %s.', array_to_string(known, ', ')),
      jsonb_build_object('option', left(option, 80), 'known', to_jsonb(known)));
  end loop;
  if coalesce(options -> 'delay', 'null') <> 'null' and coalesce(options -> 'runAt', 'null') <> 'null' then
    perform millhand.sql_refuse('invalid_option', 'enqueue: option ''delay'' is given together with ''runAt'', expected one of the two: ''delay'' counts from now, ''runAt'' is a time.',
      'Nothing was stored.', '{"option": "delay"}');
  end if;
end $$;

-- What becomes of the job where its key is held.
create function millhand.sql_policy(options jsonb) returns text language plpgsql as $$
declare
  got jsonb := options -> 'onConflict';
begin
  if coalesce(got, 'null') = 'null' then return 'existing'; end if;
  if coalesce(options -> 'key', 'null') = 'null' then
    perform millhand.sql_refuse('invalid_option', 'enqueue: option ''onConflict'' is given without one, expected a ''key'' beside it: it says what happens where that is held.',
      'Nothing was stored.', '{"option": "onConflict"}');
  elsif got in ('"replace"', '"debounce"') then
    perform millhand.sql_not_supported('enqueue: onConflict ' || millhand.sql_shown(got), 'In SQL it is ''existing'' or ''reject''. To replace a job, enqueue with the API.');
  elsif got not in ('"existing"', '"reject"') then
    perform millhand.sql_bad_option('enqueue', 'onConflict', got, 'one of ''existing'', ''reject''', millhand.sql_near(got #>> '{}', '{existing,reject}'));
  end if;
  return got #>> '{}';
end $$;

-- A time-ordered id, as the API makes them: UUID version 7.
create function millhand.sql_id() returns text language sql as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid::text
$$;

-- The job that a call is about, with what a definition would say where that says nothing.
create function millhand.sql_job(its_name text, given jsonb, options jsonb, at bigint) returns millhand.jobs language plpgsql as $$
declare
  job millhand.jobs;
begin
  job.name := millhand.sql_name('job name', its_name);
  job.queue := millhand.sql_name('queue name', coalesce(millhand.sql_text(options, 'queue', 'a text that is not empty'), 'default'));
  job.priority := coalesce(millhand.sql_integer(options, 'priority', -1000000, 1000000), 0);
  job.key := millhand.sql_text(options, 'key', 'a text of 1 to 512 characters');
  if job.key is not null then job.key := millhand.sql_label('key', job.key); end if;
  job.tags := millhand.sql_tags(options);
  job.context := millhand.sql_context(options);
  job.retries := coalesce(millhand.sql_integer(options, 'retries', 0, 1000), 3);
  job.timeout_ms := millhand.sql_duration(options, 'timeout', 1);
  job.deadline_at := at + millhand.sql_duration(options, 'deadline', 1);
  job.created_at := at;
  job.input := millhand.sql_payload(format('input of job ''%s''', its_name), coalesce(given, 'null'));
  job.id := millhand.sql_id();
  return job;
end $$;
`
