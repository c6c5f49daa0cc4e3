import { REQUIRING } from '../../../job/job-gates.ts'

/** Of the gates of a job: whether it requires anything of its worker. */
const requires = (limits: string): string => `starts_with(${limits}, '${REQUIRING}')`

/** The name that the lane of a job `j` has in its table, by its name and its gates: see `laneName`. */
export const laneOfJob = (job: string): string => `case when ${requires(`${job}.limits`)}
    then ${job}.name || ' ' || split_part(substr(${job}.limits, ${REQUIRING.length + 1}), '"', 1) else ${job}.name end`

/** The classes in which jobs are claimed that do not pass freely: through gates, and by a worker that has what they require. */
export const LIMITED = 3
export const REQUIRING_CLASS = 4

/** The class of a job with these gates. */
export const classFor = (limits: string, plain = '1'): string =>
  `case when ${limits} is null then ${plain} when ${requires(limits)} then ${REQUIRING_CLASS} else ${LIMITED} end`
