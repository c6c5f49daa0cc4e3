export const core = String.raw`-- Everything that Millhand keeps in PostgreSQL, in a schema of its own ('millhand' stands for its name). Times are
-- milliseconds since the epoch; values are JSON as text, since jsonb refuses what JSON allows (\u0000).
--
-- A job is one row in 'jobs' that is never updated, and what changes stands in one other place at a time:
--
-- pending      it waits to be claimed, now or later
-- claims       a worker holds it: one row for up to 64 jobs, so that a claim and a settlement write little
-- completed    it has ended well, and there is no more to say of it: one row for up to 64 jobs, that a worker held together
-- settled      it has ended in any other way
--
-- details      errors, checkpoint and progress, of the jobs that have any
-- keys         keys that are held by unfinished jobs
-- lanes        the queues and names that there have been: a claim looks at each lane that its worker serves
-- workers      one row a worker: its lease
-- queues       queues that have a setting of their own
-- logs         log lines of jobs, capped a job
-- leader       who runs the maintenance
-- listeners    processes that sleep until they are notified; nobody is notified while there is none
-- subscribers  who reads the feed; nothing is written to it while there is none
-- changes      the feed

create sequence millhand.arrivals;

create table millhand.jobs (
  seq bigint primary key,
  id text collate "C" not null unique,
  name text collate "C" not null,
  queue text collate "C" not null,
  priority integer not null,
  key text collate "C",
  tags text,
  context text,
  retries integer not null,
  timeout_ms bigint,
  created_at bigint not null,
  input text not null
);

create table millhand.pending (
  seq bigint primary key,
  -- 1: claim with others; 2: claim alone, since a worker crashed in it; null: not due yet
  claimable smallint,
  queue text collate "C" not null,
  name text collate "C" not null,
  -- minus the priority: what a claim walks is in one direction then, and can begin at any place
  rank integer not null,
  due_at bigint not null,
  expires_at bigint,
  started_at bigint,
  attempt integer not null,
  epoch integer not null,
  crashes integer not null,
  -- whether there may be something of it in 'details'
  detailed boolean not null default false
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1);

-- What a claim walks: a lane in the order in which its jobs run.
create index pending_ready on millhand.pending (claimable, queue, name, rank, due_at, seq)
  where claimable is not null;

create index pending_scheduled on millhand.pending (due_at, queue) where claimable is null;

create index pending_expiring on millhand.pending (expires_at) where expires_at is not null;

-- Names the rows of 'claims': drawn before they are written, since whoever claims is told in which row each job stands.
create sequence millhand.holds;

create table millhand.claims (
  id bigint primary key,
  worker text collate "C" not null,
  -- the call that made it: a caller that got no answer finds what it has claimed
  call text collate "C" not null,
  started_at bigint not null,
  low bigint not null,
  high bigint not null,
  seqs bigint[] not null,
  epochs integer[] not null,
  attempts integer[] not null,
  crashes integer[] not null,
  dues bigint[] not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

create index claims_held on millhand.claims (worker, high);

create table millhand.completed (
  id bigint generated always as identity primary key,
  finished_at bigint not null,
  started_at bigint not null,
  seqs bigint[] not null,
  epochs integer[] not null,
  attempts integer[] not null,
  crashes integer[] not null,
  dues bigint[] not null
);

create index completed_finished on millhand.completed (finished_at);

-- Written at once: what would be put off to a list, a settlement would one day write for thousands of others.
create index completed_jobs on millhand.completed using gin (seqs) with (fastupdate = off);

create table millhand.settled (
  seq bigint primary key,
  state text collate "C" not null,
  finished_at bigint not null,
  started_at bigint,
  due_at bigint not null,
  expires_at bigint,
  attempt integer not null,
  epoch integer not null,
  crashes integer not null,
  -- of a cancelled job: the worker whose handler still runs
  worker text collate "C",
  outcome text,
  reason text,
  failure_kind text,
  output text
);

create index settled_finished on millhand.settled (state, finished_at);

create index settled_held on millhand.settled (worker) where worker is not null;

create table millhand.details (
  seq bigint primary key,
  errors text,
  checkpoint text,
  progress text,
  -- the claim that the progress is of: a new one starts without
  progress_epoch integer
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

create table millhand.keys (
  name text collate "C" not null,
  key text collate "C" not null,
  seq bigint not null unique,
  id text collate "C" not null,
  primary key (name, key)
);

create table millhand.lanes (
  queue text collate "C" not null,
  name text collate "C" not null,
  primary key (queue, name)
);

create table millhand.workers (
  id text collate "C" primary key,
  name text not null,
  host text not null,
  pid integer not null,
  version text not null,
  names text,
  queues text,
  concurrency integer not null,
  lease_ms bigint not null,
  started_at bigint not null,
  beat_at bigint not null,
  lease_until bigint not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);

create table millhand.queues (
  queue text collate "C" primary key,
  paused_at bigint
);

create table millhand.logs (
  seq bigint generated always as identity primary key,
  job bigint not null,
  at bigint not null,
  level text not null,
  message text not null,
  data text
);

create index logs_job on millhand.logs (job, seq);

create table millhand.leader (
  role text primary key,
  worker text collate "C" not null,
  lease_until bigint not null
);

create table millhand.listeners (
  id text collate "C" primary key,
  lease_until bigint not null
);

create table millhand.subscribers (
  id text collate "C" primary key,
  lease_until bigint not null
);

create table millhand.changes (
  number bigint generated always as identity primary key,
  -- transactions commit in another order than they begin: readers go by this
  transaction xid8 not null default pg_current_xact_id(),
  id text not null,
  name text not null,
  queue text not null,
  verb text not null,
  state text not null,
  at bigint not null,
  progress text
);

create index changes_transaction on millhand.changes (transaction, number);
`
