export const keys = `-- outside a transaction
-- A key that is held at least until a time, whatever becomes of its job, has minus the job's number: what frees the keys
-- of jobs that have ended does not find it.
-- until when it is held at least; null: for ever, where the number is below 0
alter table millhand.keys add column if not exists kept_until bigint;
drop index concurrently if exists millhand.keys_over;
create index concurrently keys_over on millhand.keys (kept_until) where kept_until is not null;
`
