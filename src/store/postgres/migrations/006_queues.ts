export const queues = `-- Who paused a queue and why, and what else is set for it.

alter table millhand.queues add column paused_by text;
alter table millhand.queues add column pause_reason text;

-- JSON; null where nothing is set
alter table millhand.queues add column settings text;
`
