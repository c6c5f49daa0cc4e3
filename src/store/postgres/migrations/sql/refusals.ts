/** How the functions refuse what they are asked: by the codes of the API, with what was probably meant. */
export const refusals = String.raw`
create function millhand.sql_refuse(code text, said text, todo text, facts jsonb) returns void language plpgsql as $$
begin
  raise exception using errcode = 'MH001', message = said, hint = todo,
    detail = (jsonb_build_object('code', code) || facts)::text;
end $$;

-- A value as it may stand in a message: short, and on one line.
create function millhand.sql_shown(given jsonb) returns text language plpgsql as $$
declare
  shown text := regexp_replace(left(coalesce(given #>> '{}', 'null'), 200),
    '[\u0001-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]', '?', 'g');
begin
  if jsonb_typeof(given) = 'string' then shown := '''' || shown || ''''; end if;
  return case when char_length(shown) > 80 then left(shown, 80) || '...' else shown end;
end $$;

create function millhand.sql_distance(one text, other text) returns integer language plpgsql as $$
declare
  previous integer[] := array(select generate_series(0, char_length(other)));
  current integer[];
begin
  for r in 1 .. char_length(one) loop
    current := array[r];
    for c in 1 .. char_length(other) loop
      current := current || least(previous[c + 1] + 1, current[c] + 1,
        previous[c] + case when substr(one, r, 1) = substr(other, c, 1) then 0 else 1 end);
    end loop;
    previous := current;
  end loop;
  return previous[char_length(other) + 1];
end $$;

-- What was probably meant, as the begin of a hint; empty where nothing is near.
create function millhand.sql_near(word text, known text[]) returns text language plpgsql as $$
declare
  nearest text;
begin
  if char_length(word) > 128 then return ''; end if;
  select d.k into nearest from (
    select u.k, u.place, millhand.sql_distance(lower(word), lower(u.k)) as distance
    from unnest(known) with ordinality as u(k, place)) d
    where d.distance <= ceil(char_length(word) * 0.4) order by d.distance, d.place limit 1;
  if nearest is null and char_length(word) >= 3 then
    select min(k) into nearest from unnest(known) k where starts_with(lower(k), lower(word)) having count(*) = 1;
  end if;
  return case when nearest is null then '' else format('Did you mean ''%s''? ', nearest) end;
end $$;

create function millhand.sql_bad_option(called text, option text, got jsonb, expected text, todo text default '') returns void
language plpgsql as $$
begin
  perform millhand.sql_refuse('invalid_option',
    format('%s: option ''%s'' is %s, expected %s.', called, option, millhand.sql_shown(got), expected),
    todo || 'Nothing was stored.', jsonb_build_object('option', option, 'expected', expected));
end $$;
`
