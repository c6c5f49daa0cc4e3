export const ledger = `-- What has ended, by minute, queue and name: what ends jobs adds to it in the same transaction. A row for each time, so
-- that nobody waits for anybody's; those of a minute that is over are folded into one.

create table millhand.ledger (
  folded boolean not null default false,
  -- when it began
  minute bigint not null,
  id bigint generated always as identity,
  queue text collate "C" not null,
  name text collate "C" not null,
  completed integer not null,
  failed integer not null,
  cancelled integer not null default 0,
  -- how many of the completed and failed ones had waited, and run, for how long: JSON, see kit/histogram.ts
  waits text not null,
  runs text not null,
  primary key (folded, minute, id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
`
