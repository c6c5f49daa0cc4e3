export const order = `-- Queues of another order than by priority and due time.

-- What was asked for, while 'priority' and 'due_at' are the place of the job in such an order; else null
alter table millhand_jobs add column asked_priority integer;
alter table millhand_jobs add column asked_due_at integer;

-- The order of a queue, as numbers to reckon places with; null where it has none of its own
alter table millhand_queues add column rank_by integer;
alter table millhand_queues add column due_by integer;
alter table millhand_queues add column priority_by integer;
-- How often each priority is drawn, where it is by chance: JSON
alter table millhand_queues add column weights text;
-- After a change of it: jobs that arrived before this one are still to be given their places
alter table millhand_queues add column placed_before integer;

-- Asked with each write, and empty most of the time.
create index millhand_queues_ordered on millhand_queues (queue) where due_by is not null;
-- Jobs of which each start draws a priority: waits = 6. A version before leaves them alone.
create index millhand_jobs_turn on millhand_jobs (lane, priority desc, due_at) where waits = 6;

create index millhand_queues_unplaced on millhand_queues (queue) where placed_before is not null;
`
