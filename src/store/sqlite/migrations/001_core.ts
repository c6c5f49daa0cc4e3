export const core = `-- Everything that Millhand keeps in a SQLite file. Times are milliseconds since the epoch; values are JSON text.
--
-- millhand_jobs         one row a job, all states; the partial indexes keep what is hot small
-- millhand_workers      one row a worker: its lease
-- millhand_queues       queues that have a setting of their own
-- millhand_logs         log lines of jobs, capped a job
-- millhand_leader       who runs the maintenance
-- millhand_subscribers  who reads the feed; nothing is written to it while there is none
-- millhand_changes      the feed

create table millhand_jobs (
  -- never given twice: a late writer must not find another job under its number
  seq integer primary key autoincrement,
  id text not null unique,
  name text not null,
  queue text not null,
  state text not null,
  -- 1: claim with others; 2: claim alone, since a worker crashed in it; null: not now
  claimable integer,
  priority integer not null,
  due_at integer not null,
  key text,
  tags text,
  context text,
  retries integer not null,
  timeout_ms integer,
  attempt integer not null default 0,
  epoch integer not null default 0,
  crashes integer not null default 0,
  worker text,
  outcome text,
  reason text,
  failure_kind text,
  created_at integer not null,
  started_at integer,
  finished_at integer,
  expires_at integer,
  input text not null,
  output text,
  progress text,
  checkpoint text,
  errors text
) strict;

-- What a claim walks: a lane (queue and name) in the order in which its jobs run; seq is the last column by itself.
create index millhand_jobs_ready on millhand_jobs (claimable, queue, name, priority desc, due_at)
  where claimable is not null;

-- Pending jobs that are not due yet, and when the next one is.
create index millhand_jobs_scheduled on millhand_jobs (due_at, queue)
  where state = 'pending' and claimable is null;

-- What a worker holds, cancelled jobs whose handler still runs included.
create index millhand_jobs_held on millhand_jobs (worker) where worker is not null;

create index millhand_jobs_finished on millhand_jobs (state, finished_at) where finished_at is not null;

create index millhand_jobs_expiring on millhand_jobs (expires_at)
  where expires_at is not null and state = 'pending';

create unique index millhand_jobs_key on millhand_jobs (name, key)
  where key is not null and finished_at is null;

create table millhand_workers (
  id text primary key,
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  names text,
  queues text,
  concurrency integer not null,
  lease_ms integer not null,
  started_at integer not null,
  beat_at integer not null,
  lease_until integer not null
) strict;

create table millhand_queues (
  queue text primary key,
  paused_at integer
) strict;

create table millhand_logs (
  seq integer primary key,
  job integer not null,
  at integer not null,
  level text not null,
  message text not null,
  data text
) strict;

create index millhand_logs_job on millhand_logs (job);

create table millhand_leader (
  role text primary key,
  worker text not null,
  lease_until integer not null
) strict;

create table millhand_subscribers (
  id text primary key,
  lease_until integer not null
) strict;

create table millhand_changes (
  cursor integer primary key autoincrement,
  id text not null,
  name text not null,
  queue text not null,
  verb text not null,
  state text not null,
  at integer not null,
  progress text
) strict;
`
