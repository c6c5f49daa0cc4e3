export const requires = `-- What a worker is able to do, for jobs that require it: JSON.
alter table millhand_workers add column ability text;
`
