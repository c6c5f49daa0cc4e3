export const core = `-- Everything that Millhand keeps in a SQLite file. Times are milliseconds since the epoch; values are JSON text.
--
-- millhand_jobs         one row a job, all states; the partial indexes keep what is hot small
-- millhand_lanes        the queues and names that ready jobs are of, numbered
-- millhand_returns      one row: counts how often jobs were made ready that had been there before
-- millhand_workers      one row a worker: its lease
-- millhand_queues       queues that have a setting of their own
-- millhand_calls        what calls of operators answered, for a while: one whose answer was lost is made again
-- millhand_logs         log lines of jobs, capped a job
-- millhand_leader       who runs the maintenance
-- millhand_clock        how the time of the file follows from the machine's uptime: one row, see anchor.ts
-- millhand_subscribers  who reads the feed; nothing is written to it while there is none
-- millhand_changes      the feed

create table millhand_jobs (
  -- never given twice: a late writer must not find another job under its number
  seq integer primary key autoincrement,
  id text not null unique,
  name text not null,
  queue text not null,
  state text not null,
  -- what a pending job that nobody holds waits for: 1 a worker, 2 a worker that has nothing else, 3 its due time
  -- (later: a gate, a turn, other jobs)
  waits integer,
  -- where it waits for a worker; else null
  lane integer,
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
  -- after crashes: 1 its begin is noted before it begins, 2 it runs alone
  care integer not null default 0,
  -- who runs it; of a pending job: who holds it, claimed ahead and not begun
  worker text,
  claimed_at integer,
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

-- What a claim walks: a lane in the order in which its jobs run; seq is the last column by itself.
create index millhand_jobs_ready on millhand_jobs (lane, priority desc, due_at) where waits = 1;

-- The same of jobs that run alone.
create index millhand_jobs_alone on millhand_jobs (lane, priority desc, due_at) where waits = 2;

-- Jobs that no claim has made ready yet, and when the next one is due.
create index millhand_jobs_due on millhand_jobs (due_at, queue) where waits = 3;

-- What a worker holds or runs, cancelled jobs whose handler still runs included.
create index millhand_jobs_held on millhand_jobs (worker) where worker is not null;

create index millhand_jobs_finished on millhand_jobs (state, finished_at) where finished_at is not null;

-- Who holds a job looks by itself whether it has expired.
create index millhand_jobs_expiring on millhand_jobs (expires_at)
  where expires_at is not null and waits is not null;

create unique index millhand_jobs_key on millhand_jobs (name, key)
  where key is not null and finished_at is null;

create table millhand_lanes (
  -- never given twice: who remembers a lane must not find another one under its number
  id integer primary key autoincrement,
  queue text not null,
  name text not null,
  unique (queue, name)
) strict;

create table millhand_returns (
  count integer not null
) strict;

insert into millhand_returns values (0);

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

create table millhand_calls (
  call text primary key,
  ids text not null,
  at integer not null
) strict;

create index millhand_calls_old on millhand_calls (at);

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

create table millhand_clock (
  role text primary key,
  boot text not null,
  uptime_ms real not null,
  offset_ms real not null
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
