export const limitIndexes = `-- outside a transaction
-- By which limited jobs and their gates are found. One that was not finished is made anew.

drop index concurrently if exists millhand.pending_parked;
create index concurrently pending_parked on millhand.pending (gate, rank, due_at, seq) where waits = 3;

drop index concurrently if exists millhand.pending_parked_lane;
create index concurrently pending_parked_lane on millhand.pending (lane) where waits = 3;

drop index concurrently if exists millhand.pending_limited_alone;
create index concurrently pending_limited_alone on millhand.pending (lane) where waits = 1 and class = 3 and care = 2;

drop index concurrently if exists millhand.gates_opening;
create index concurrently gates_opening on millhand.gates (opens_at) where opens_at is not null;

drop index concurrently if exists millhand.holders_job;
create index concurrently holders_job on millhand.holders (job);
`
