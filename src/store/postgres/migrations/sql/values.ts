/** How the functions read values: by the rules of src/job/names.ts, payload.ts and kit/options.ts. */
export const values = String.raw`
create function millhand.sql_integer(options jsonb, option text, low bigint, high bigint) returns bigint language plpgsql as $$
declare
  got jsonb := options -> option;
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) = 'number' and got::numeric = trunc(got::numeric) and got::numeric between low and high then
    return got::numeric;
  end if;
  perform millhand.sql_bad_option('enqueue', option, got, format('a whole number from %s to %s', low, high));
end $$;

create function millhand.sql_duration(options jsonb, option text, low bigint) returns bigint language plpgsql as $$
declare
  got jsonb := options -> option;
  part text[];
  ms numeric;
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) = 'number' then
    ms := got::numeric;
  elsif jsonb_typeof(got) = 'string' then
    part := regexp_match(got #>> '{}', '^([0-9]{1,30}(?:\.[0-9]{1,30})?)(ms|s|m|h|d)$');
    ms := part[1]::numeric * case part[2] when 'ms' then 1 when 's' then 1000 when 'm' then 60000 when 'h' then 3600000 else 86400000 end;
  end if;
  if ms between 0 and 1e15 and round(ms) >= low then return round(ms); end if;
  perform millhand.sql_bad_option('enqueue', option, got, 'a duration such as ''250ms'', ''5s'', ''5m'', ''2h'' or ''7d'', or milliseconds'
    || case when low > 0 then format(', of at least %sms', low) else '' end);
end $$;

-- A time with its zone, as jsonb_build_object writes a timestamptz: without one it would depend on the session.
create function millhand.sql_time(options jsonb, option text) returns bigint language plpgsql as $$
declare
  got jsonb := options -> option;
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) = 'string'
    and (got #>> '{}') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$' then
    begin
      return floor(extract(epoch from (got #>> '{}')::timestamptz) * 1000);
    exception when datetime_field_overflow or invalid_datetime_format then
      null;
    end;
  end if;
  perform millhand.sql_bad_option('enqueue', option, got, 'a time with its zone, such as ''2030-01-31T09:00:00Z'' or a timestamptz in jsonb_build_object');
end $$;

create function millhand.sql_text(options jsonb, option text, expected text) returns text language plpgsql as $$
declare
  got jsonb := options -> option;
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) = 'string' and got <> '""' then return got #>> '{}'; end if;
  perform millhand.sql_bad_option('enqueue', option, got, expected);
end $$;

create function millhand.sql_name(what text, given text) returns text language plpgsql as $$
begin
  if char_length(given) <= 128 and given ~ '^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$' then return given; end if;
  perform millhand.sql_refuse('invalid_name', format('The %s %s is not valid: expected 1 to 128 letters, digits and _ . : / -, starting with a letter, a digit or _.',
    what, millhand.sql_shown(to_jsonb(given))), 'Nothing was stored.', jsonb_build_object('what', what));
end $$;

-- A key or a tag. Its characters are counted as JavaScript does: those beyond U+FFFF are two.
create function millhand.sql_label(what text, given text) returns text language plpgsql as $$
begin
  if given <> '' and given !~ '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
    and (octet_length(given) <= 512
      or char_length(given) + char_length(regexp_replace(given, '[\u0001-\uffff]', '', 'g')) <= 512) then
    return given;
  end if;
  perform millhand.sql_refuse('invalid_name', format('The %s %s is not valid: expected 1 to 512 characters, none of them a control character.',
    what, millhand.sql_shown(to_jsonb(given))), 'Nothing was stored.', jsonb_build_object('what', what));
end $$;

create function millhand.sql_tags(options jsonb) returns text language plpgsql as $$
declare
  got jsonb := options -> 'tags';
begin
  if got is null or got = 'null' then return null; end if;
  if jsonb_typeof(got) <> 'array' or jsonb_path_exists(got, 'strict $[*] ? (@.type() != "string")') then
    perform millhand.sql_bad_option('enqueue', 'tags', got, 'a list of texts');
  elsif jsonb_array_length(got) > 20 then
    perform millhand.sql_refuse('invalid_name', format('The list of tags %s is not valid: expected at most 20 texts.', millhand.sql_shown(got)),
      'Nothing was stored.', jsonb_build_object('what', 'list of tags'));
  end if;
  return (select '[' || string_agg(to_json(millhand.sql_label('tag', t.tag))::text, ',' order by t.place) || ']'
    from jsonb_array_elements_text(got) with ordinality as t(tag, place));
end $$;
`
