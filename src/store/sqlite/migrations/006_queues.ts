export const queues = `-- Who paused a queue and why, and what else is set for it.

alter table millhand_queues add column paused_by text;
alter table millhand_queues add column pause_reason text;

-- JSON; null where nothing is set
alter table millhand_queues add column settings text;

-- Every claim asks which are paused, and there may be thousands that have a setting.
create index millhand_queues_paused on millhand_queues (queue) where paused_at is not null;
`
