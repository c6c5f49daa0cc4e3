export const groups = `-- outside a transaction
-- Groups, which take turns. The group of a job stands among its gates, as '["@tenant",0]': a version before lets it pass nowhere.
-- What was not finished is made anew.

-- The same, for the index; null where it has none
alter table millhand.pending add column if not exists turn_group text collate "C";

-- What is drawn (class 6), by group
drop index concurrently if exists millhand.pending_groups;
create index concurrently pending_groups on millhand.pending (lane, rank, (coalesce(turn_group, '')), due_at, seq) where waits = 1 and class = 6;
`
