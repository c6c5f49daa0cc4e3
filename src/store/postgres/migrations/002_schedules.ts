export const schedules = `-- Schedules, and which of them a worker declares. They are few: no index is worth its while.

create table millhand.schedules (
  name text collate "C" primary key,
  -- when it ticks, and what it does then: JSON
  rule text not null,
  plan text not null,
  declared boolean not null,
  revision bigint not null default 1,
  tick_at bigint,
  -- null while it is paused, and where no tick is left
  due_at bigint,
  paused_at bigint,
  last_tick_at bigint,
  -- its newest jobs
  jobs text not null default '[]',
  problem text
);

alter table millhand.workers add column schedules text;
`
