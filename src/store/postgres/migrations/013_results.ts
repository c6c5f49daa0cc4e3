export const results = `-- Whose result that of equal jobs is, and until when, by the gate that they share.
create table millhand.results (
  gate text collate "C" primary key,
  job bigint not null unique,
  until bigint not null,
  unique (until, gate)
);
`
