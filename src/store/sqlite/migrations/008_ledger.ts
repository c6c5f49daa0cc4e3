export const ledger = `-- What has ended, a row a minute, queue and name: what ends jobs adds to it in the same transaction.

create table millhand_ledger (
  -- when it began
  minute integer not null,
  queue text not null,
  name text not null,
  completed integer not null,
  failed integer not null,
  cancelled integer not null,
  -- how many of the completed and failed ones had waited, and run, for how long: JSON, see kit/histogram.ts
  waits text not null,
  runs text not null,
  primary key (minute, queue, name)
) strict, without rowid;
`
