import { REQUIRING } from '../../../job/job-gates.ts'

const REST = `substr(limits, ${REQUIRING.length + 1})`

/** Of the gates of a job: whether it requires anything of its worker. */
export const REQUIRES = `coalesce(substr(limits, 1, ${REQUIRING.length}) = '${REQUIRING}', false)`

/** The name that the lane of a job has in the table, by its name and its gates: see `laneName`. */
export const LANE_OF_JOB = `iif(${REQUIRES},
  millhand_jobs.name || ' ' || substr(${REST}, 1, instr(${REST}, '"') - 1), millhand_jobs.name)`
