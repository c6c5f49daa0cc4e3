import { REQUIRING } from '../../../job/job-gates.ts'

const REST = `substr(limits, ${REQUIRING.length + 1})`

/** The name that the lane of a job has in the table, by its name and its gates: see `laneName`. */
export const LANE_OF_JOB = `iif(substr(limits, 1, ${REQUIRING.length}) = '${REQUIRING}',
  millhand_jobs.name || ' ' || substr(${REST}, 1, instr(${REST}, '"') - 1), millhand_jobs.name)`
