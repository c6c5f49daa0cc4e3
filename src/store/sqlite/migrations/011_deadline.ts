export const deadline = `-- When all attempts of a job have to be over.
alter table millhand_jobs add column deadline_at integer;
`
