export const order = `-- outside a transaction
-- Queues of another order than by priority and due time. What was not finished is made anew.

-- When it was due, while 'rank' and 'due_at' are the place of the job in such an order; else null
alter table millhand.pending add column if not exists asked_due_at bigint;

-- The order of a queue, as numbers to reckon places with; null where it has none of its own
alter table millhand.queues add column if not exists rank_by integer;
alter table millhand.queues add column if not exists due_by integer;
alter table millhand.queues add column if not exists priority_by bigint;
-- How often each priority is drawn, where it is by chance: JSON. Such jobs are of class 6: a version before leaves them alone
alter table millhand.queues add column if not exists weights text;
-- After a change of it: jobs that arrived before this one are still to be given their places
alter table millhand.queues add column if not exists placed_before bigint;

drop index concurrently if exists millhand.queues_ordered;
create index concurrently queues_ordered on millhand.queues (queue) where due_by is not null;
`
