export const groups = `-- Groups, which take turns. The group of a job stands among its gates, as '["@tenant",0]': a version before lets it pass nowhere.

-- What is drawn (waits = 6), by group: as GROUP_OF_JOB in claiming/lane-of-job.ts has it.
create index millhand_jobs_groups on millhand_jobs (lane, priority desc, iif(coalesce(instr(limits, '["@'), 0) = 0, '',
  substr(substr(limits, instr(limits, '["@') + 3), 1, instr(substr(limits, instr(limits, '["@') + 3), '"') - 1)), due_at) where waits = 6;
`
