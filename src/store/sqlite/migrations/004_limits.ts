export const limits = `-- Limits, the gates of their keys, and the jobs that hold or wait at them.

alter table millhand_jobs add column limits text;
-- the gate at which it waits
alter table millhand_jobs add column gate text;

-- Ready jobs that have to pass gates. A version before does not see them: it would let too many pass.
create index millhand_jobs_limited on millhand_jobs (lane, priority desc, due_at) where waits = 4;

-- Jobs that wait at a gate, in the order in which they go on.
create index millhand_jobs_parked on millhand_jobs (gate, priority desc, due_at) where waits = 5;

create index millhand_jobs_parked_lane on millhand_jobs (lane) where waits = 5;

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

create index millhand_gates_opening on millhand_gates (opens_at) where opens_at is not null;

-- The running jobs that hold a gate, by name: so that a count of them cannot be wrong.
create table millhand_holders (
  gate text not null,
  job integer not null,
  primary key (gate, job)
) strict, without rowid;

create index millhand_holders_job on millhand_holders (job);
`
