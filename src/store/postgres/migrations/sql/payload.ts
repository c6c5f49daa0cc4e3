/** JSON as the API stores it: the same text, and the same refusals. */
export const payload = `
-- jsonb keeps numbers that JavaScript would read as others.
create function millhand.sql_number(what text, given jsonb, path text) returns text language plpgsql as $$
declare
  n numeric := given;
begin
  if abs(n) <= 9007199254740991 then return trim_scale(n)::text; end if;
  if abs(n) <= 1.7976931348623157e308 and (n <> trunc(n) or n::float8::text::numeric = n) then return trim_scale(n)::text; end if;
  perform millhand.sql_refuse('not_serialisable', format('The %s cannot be stored as JSON: a number that JavaScript cannot hold at %s.', what, path),
    'Pass it as a text. Nothing was stored.', jsonb_build_object('what', what, 'path', path));
end $$;

create function millhand.sql_json(what text, given jsonb, path text, depth integer) returns text language plpgsql as $$
declare
  kind text := jsonb_typeof(given);
begin
  if kind not in ('object', 'array') then
    return case kind when 'number' then millhand.sql_number(what, given, path) else given::text end;
  elsif depth >= 200 then
    perform millhand.sql_refuse('not_serialisable', format('The %s cannot be stored as JSON: nesting deeper than 200 levels at %s.', what, left(path, 80)),
      'Nothing was stored.', jsonb_build_object('what', what, 'path', left(path, 80)));
  elsif kind = 'array' then
    return (select '[' || coalesce(string_agg(case when jsonb_typeof(e.v) = 'string' then e.v::text
        when jsonb_typeof(e.v) = 'number' and abs(e.v::numeric) <= 9007199254740991 then trim_scale(e.v::numeric)::text
        else millhand.sql_json(what, e.v, format('%s[%s]', path, e.place - 1), depth + 1) end, ',' order by e.place), '') || ']'
      from jsonb_array_elements(given) with ordinality as e(v, place));
  end if;
  return (select '{' || coalesce(string_agg(to_json(e.k)::text || ':' || case when jsonb_typeof(e.v) = 'string' then e.v::text
      when jsonb_typeof(e.v) = 'number' and abs(e.v::numeric) <= 9007199254740991 then trim_scale(e.v::numeric)::text
      else millhand.sql_json(what, e.v, path || case when e.k ~ '^[A-Za-z_$][A-Za-z0-9_$]*$' then '.' || e.k else format('[%s]', to_json(e.k)) end,
        depth + 1) end, ',' order by e.place), '') || '}'
    from jsonb_each(given) with ordinality as e(k, v, place));
end $$;

-- Of at most 1 MiB. What is far larger is refused before it is written out.
create function millhand.sql_payload(what text, given jsonb) returns text language plpgsql as $$
declare
  bytes bigint := octet_length(given::text);
  written text;
  part text := '$';
begin
  if bytes <= 4 * 1048576 then
    written := millhand.sql_json(what, given, '$', 0);
    bytes := octet_length(written);
    if bytes <= 1048576 then return written; end if;
  end if;
  if jsonb_typeof(given) = 'object' then
    select '$.' || e.k into part from jsonb_each(given) as e(k, v) order by octet_length(e.v::text) desc limit 1;
  end if;
  perform millhand.sql_refuse('payload_too_large', format('The %s is %s bytes as JSON, the limit is 1048576; its largest part is %s.', what, bytes, part),
    'Put large data in a file or a bucket and pass a reference. Nothing was stored.',
    jsonb_build_object('what', what, 'bytes', bytes, 'limitBytes', 1048576, 'path', part));
end $$;

create function millhand.sql_context(options jsonb) returns text language plpgsql as $$
declare
  got jsonb := options -> 'context';
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) = 'object' then return millhand.sql_payload('context', got); end if;
  perform millhand.sql_bad_option('enqueue', 'context', got, 'an object that JSON can hold');
end $$;
`
