export const results = `-- Whose result that of equal jobs is, and until when, by the gate that they share.
create table millhand_results (
  gate text primary key,
  job integer not null unique,
  until integer not null
) strict, without rowid;

create index millhand_results_until on millhand_results (until);
`
