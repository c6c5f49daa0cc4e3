export const operations = `-- What was done to many jobs at once: by whom, when, and how far it is. A row is renewed with each piece.
create table millhand.operations (
  number bigint generated always as identity primary key,
  id text collate "C" not null unique,
  verb text not null,
  -- JSON: the filter, and what is done to the jobs
  asked text not null,
  by text,
  started_at bigint not null,
  finished_at bigint,
  before_seq bigint not null,
  done bigint not null default 0
);
`
