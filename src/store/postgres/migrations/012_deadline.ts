export const deadline = `-- When all attempts of a job have to be over.
alter table millhand.jobs add column if not exists deadline_at bigint;
`
