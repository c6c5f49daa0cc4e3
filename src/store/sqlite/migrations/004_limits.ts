export const limits = `-- Limits, the gates of their keys, and the jobs that hold or wait at them.

alter table millhand_jobs add column limits text;
-- the gate at which it waits
alter table millhand_jobs add column gate text;

create table millhand_limits (
  name text primary key,
  -- what its definitions say, and what an operator says instead: JSON
  declared text not null,
  override text
) strict, without rowid;

-- Of gates that have a rate, or were closed by a handler.
create table millhand_gates (
  gate text primary key,
  -- what started there: JSON
  grants text not null default '[]',
  closed_until integer,
  -- when those that wait there are to be let go on
  opens_at integer
) strict, without rowid;

-- The running jobs that hold a gate, by name: so that a count of them cannot be wrong.
create table millhand_holders (
  gate text not null,
  job integer not null,
  primary key (gate, job)
) strict, without rowid;
`
