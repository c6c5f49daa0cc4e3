export const schedules = `-- Schedules, and which of them a worker declares.

create table millhand_schedules (
  name text primary key,
  -- when it ticks, and what it does then: JSON
  rule text not null,
  plan text not null,
  declared integer not null,
  revision integer not null default 1,
  tick_at integer,
  -- null while it is paused, and where no tick is left
  due_at integer,
  paused_at integer,
  last_tick_at integer,
  -- its newest jobs
  jobs text not null default '[]',
  problem text
) strict;

create index millhand_schedules_due on millhand_schedules (due_at) where due_at is not null;

alter table millhand_workers add column schedules text;
`
