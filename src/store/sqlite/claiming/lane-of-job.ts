import { GROUPING, REQUIRING } from '../../../job/job-gates.ts'

const REST = `substr(limits, ${REQUIRING.length + 1})`

/** Of the gates of a job: whether it requires anything of its worker. */
export const REQUIRES = `coalesce(substr(limits, 1, ${REQUIRING.length}) = '${REQUIRING}', false)`

/** The name that the lane of a job has in the table, by its name and its gates: see `laneName`. */
export const LANE_OF_JOB = `iif(${REQUIRES},
  millhand_jobs.name || ' ' || substr(${REST}, 1, instr(${REST}, '"') - 1), millhand_jobs.name)`

const FROM_GROUP = `substr(limits, instr(limits, '${GROUPING}') + ${GROUPING.length})`

/** The group of a job, as it is written among its gates; '' where it has none. The index of what is drawn has it so. */
export const GROUP_OF_JOB = `iif(coalesce(instr(limits, '${GROUPING}'), 0) = 0, '', substr(${FROM_GROUP}, 1, instr(${FROM_GROUP}, '"') - 1))`

/** The same of a job `j`. */
export const groupOf = (job: string): string => GROUP_OF_JOB.replaceAll('limits', `${job}.limits`)

/** Whether a job with gates has a group. */
export const HAS_GROUP = `instr(limits, '${GROUPING}') > 0`
