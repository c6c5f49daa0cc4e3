export const operations = `-- What was done to many jobs at once: by whom, when, and how far it is. A row is renewed with each piece.
create table millhand_operations (
  number integer primary key,
  id text not null unique,
  verb text not null,
  -- JSON: the filter, and what is done to the jobs
  asked text not null,
  by text,
  started_at integer not null,
  finished_at integer,
  before_seq integer not null,
  done integer not null default 0
) strict;
`
