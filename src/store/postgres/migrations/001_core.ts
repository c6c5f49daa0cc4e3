export const core = String.raw`-- Everything that Millhand keeps in PostgreSQL, in a schema of its own ('millhand' stands for its name). Times are
-- milliseconds since the epoch; values are JSON as text, since jsonb refuses what JSON allows (\u0000).
--
-- A job is one row in 'jobs' that is never updated, and what changes stands in one other place at a time:
--
-- pending      it waits to be claimed, now or later
-- claims       a worker runs it, or holds it until it begins: one row for up to 64 jobs, so that a claim and a
--              settlement write little
-- completed    it has ended well, and there is no more to say of it: one row for up to 64 jobs, that a worker held together
-- settled      it has ended in any other way
--
-- details      errors, checkpoint and progress, of the jobs that have any
-- keys         keys that are held by unfinished jobs
-- lanes        a number for each queue and name that has jobs: what is in one lane is claimed in one order
-- calls        what calls have answered that may be made again, since their answer was lost
-- workers      one row a worker: its lease
-- queues       queues that have a setting of their own
-- logs         log lines of jobs, capped a job
-- leader       who runs the maintenance
-- listeners    processes that sleep until they are notified, and of what; nobody is notified while there is none
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
  due_at bigint not null,
  lane integer not null,
  -- minus the priority: what a claim walks is in one direction then, and can begin at any place
  rank integer not null,
  attempt integer not null,
  epoch integer not null,
  crashes integer not null,
  -- about how much a claim of it brings its worker
  bytes integer not null,
  -- what it waits for, each with an index of its own: 1: nothing, it is ready; 2: its due time. (Later: a gate, its
  -- turn, other jobs.)
  waits smallint not null,
  -- 1: claimed with others; 2: claimed alone, since the next crash would quarantine it
  class smallint not null,
  -- with what care it runs after crashes
  care smallint not null default 0,
  -- whether there may be something of it in 'details'
  detailed boolean not null default false,
  expires_at bigint,
  started_at bigint
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.1);

-- What a claim walks: a lane in the order in which its jobs run.
create index pending_ready on millhand.pending (class, lane, rank, due_at, seq) where waits = 1;

-- What comes due, in its order; counts go by the lane.
create index pending_due on millhand.pending (due_at, seq) include (lane) where waits = 2;

create index pending_expiring on millhand.pending (expires_at) where expires_at is not null;

-- Names the rows of 'claims': drawn before they are written, since whoever claims is told in which row each job stands.
create sequence millhand.holds;

create table millhand.claims (
  id bigint primary key,
  worker text collate "C" not null,
  -- the call that made it: a caller that got no answer finds what it has claimed
  call text collate "C" not null,
  -- whether its jobs have begun, or are only held
  begun boolean not null,
  -- when they began, or were claimed
  started_at bigint not null,
  low bigint not null,
  high bigint not null,
  -- in the order of their numbers, so that whoever knows the jobs knows their places
  seqs bigint[] not null,
  epochs integer[] not null,
  attempts smallint[] not null,
  crashes smallint[] not null,
  dues bigint[] not null,
  -- null as a whole where no job has any: most have none, and a row is written for each claim
  cares smallint[],
  expiries bigint[]
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

create index claims_held on millhand.claims (worker, high);

create table millhand.completed (
  id bigint generated always as identity primary key,
  finished_at bigint not null,
  started_at bigint not null,
  seqs bigint[] not null,
  epochs integer[] not null,
  attempts smallint[] not null,
  crashes smallint[] not null,
  dues bigint[] not null,
  -- null as a whole where no job has any
  cares smallint[],
  -- how much later than 'started_at' each began; null where all began together
  afters smallint[]
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
  care smallint not null default 0,
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

-- Made in a statement of its own, before the jobs: an open transaction of a caller's never keeps a lane from others.
create table millhand.lanes (
  id integer generated always as identity primary key,
  queue text collate "C" not null,
  name text collate "C" not null,
  -- renewed now and then by whoever enqueues to it: an empty one goes when nobody has for long
  used_at bigint not null,
  unique (queue, name)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_threshold = 200);

create index lanes_name on millhand.lanes (name, queue);

create table millhand.calls (
  call text collate "C" primary key,
  at bigint not null,
  ids text[] not null
);

create index calls_at on millhand.calls (at);

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
  lease_until bigint not null,
  -- wakes when a job has become ready, or due at another time
  ready boolean not null,
  -- wakes at any change of a job
  changed boolean not null
);

create table millhand.subscribers (
  id text collate "C" primary key,
  lease_until bigint not null
);

create table millhand.changes (
  -- drawn while the job is locked; transactions commit in another order, so that readers wait for those that are open
  number bigint generated always as identity primary key,
  id text not null,
  name text not null,
  queue text not null,
  verb text not null,
  state text not null,
  at bigint not null,
  progress text
);
`
