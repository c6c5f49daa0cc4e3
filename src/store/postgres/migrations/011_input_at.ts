export const inputAt = `-- What stands at a place within an input, as JSON; null where nothing does, or where the input is no JSON. Of what JSON
-- allows, PostgreSQL reads neither NUL nor half of a surrogate pair: nobody can ask for them, and the rest is read without them.
create function millhand.input_at(input text, path text[]) returns text language plpgsql immutable parallel safe as $$
begin
  if position('\\u' in input) > 0 then
    input := regexp_replace(input, '\\\\u(0000|[dD][89a-fA-F][0-9a-fA-F]{2})', '\\\\ufffd', 'g');
  end if;
  return (input::json #> path)::text;
exception when others then
  return null;
end
$$;
`
