export const keys = `-- Keys that are held at least until a time, whatever becomes of their jobs; null: for ever.
create table millhand_keys (
  name text not null,
  key text not null,
  -- the job that holds it: it may be gone
  id text not null,
  kept_until integer,
  primary key (name, key)
) strict, without rowid;

create index millhand_keys_over on millhand_keys (kept_until) where kept_until is not null;
`
