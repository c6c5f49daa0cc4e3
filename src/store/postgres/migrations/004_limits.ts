export const limits = `-- Limits, the gates of their keys, and the jobs that hold or wait at them.

alter table millhand.jobs add column limits text;

-- Of class 3 are the jobs that have to pass gates. A version before does not claim them: it would let too many pass.
-- They wait as the others do, or for a gate that is closed: waits = 3.
alter table millhand.pending add column gate text collate "C";

create table millhand.limits (
  name text collate "C" primary key,
  -- what its definitions say, and what an operator says instead: JSON
  declared text not null,
  override text
);

-- A row for each gate at which anything has happened: whoever lets somebody pass has locked it.
create table millhand.gates (
  gate text collate "C" primary key,
  -- what started there: JSON
  grants text not null default '[]',
  closed_until bigint,
  -- when those that wait there are to be let go on
  opens_at bigint
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 200);

-- The running jobs that hold a gate, by name: so that a count of them cannot be wrong.
create table millhand.holders (
  gate text collate "C" not null,
  job bigint not null,
  primary key (gate, job)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
`
