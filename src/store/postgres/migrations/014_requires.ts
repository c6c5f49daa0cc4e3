export const requires = `-- What a worker is able to do, for jobs that require it: JSON.
alter table millhand.workers add column if not exists ability text;
`
