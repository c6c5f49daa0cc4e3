export const reruns = `-- Which job a job is a rerun of, with the same input or an edited one: its id.
alter table millhand_jobs add column rerun_of text;
`
