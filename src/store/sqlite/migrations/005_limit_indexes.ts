export const limitIndexes = `-- By which limited jobs and their gates are found.

-- Ready jobs that have to pass gates. A version before does not see them: it would let too many pass.
create index millhand_jobs_limited on millhand_jobs (lane, priority desc, due_at) where waits = 4;

-- Jobs that wait at a gate, in the order in which they go on.
create index millhand_jobs_parked on millhand_jobs (gate, priority desc, due_at) where waits = 5;

create index millhand_jobs_parked_lane on millhand_jobs (lane) where waits = 5;

create index millhand_gates_opening on millhand_gates (opens_at) where opens_at is not null;

create index millhand_holders_job on millhand_holders (job);
`
