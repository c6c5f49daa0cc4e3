import { GROUPING, REQUIRING } from '../../../job/job-gates.ts'

/** Of the gates of a job: whether it requires anything of its worker. */
const requires = (limits: string): string => `starts_with(${limits}, '${REQUIRING}')`

/** The name that the lane of a job `j` has in its table, by its name and its gates: see `laneName`. */
export const laneOfJob = (job: string): string => `case when ${requires(`${job}.limits`)}
    then ${job}.name || ' ' || split_part(substr(${job}.limits, ${REQUIRING.length + 1}), '"', 1) else ${job}.name end`

/** All classes in which jobs are claimed, each with a part of the index. */
export const CLASSES = [1, 2, 3, 4, 5, 6] as const
/** Those that have to pass gates, those that require something of their worker, and those that require it and run alone. */
export const LIMITED = 3
export const REQUIRING_CLASS = 4
export const REQUIRING_ALONE = 5
/** Those of which each start draws one: by its group, or by its priority, see `turnOr`. */
export const TURN = 6

/** The class of a job with these gates. */
export const classFor = (limits: string, alone = 'false'): string =>
  `case when ${limits} is null then case when ${alone} then 2 else 1 end
    when not (${alone}) and strpos(${limits}, '${GROUPING}') > 0 then ${TURN}
    when ${requires(limits)} then ${requiringClass(alone)} else ${LIMITED} end`

/** The group of a job with these gates, as it is written there; null where it has none. */
export const groupFor = (limits: string): string =>
  `nullif(split_part(split_part(${limits}, '${GROUPING}', 2), '"', 1), '')`

/** The group of a job `p` that waits, as the index of what is drawn has it. */
export const groupOf = (pending: string): string => `coalesce(${pending}.turn_group, '')`

/** The same of one that requires something. */
const requiringClass = (alone: string): string =>
  `case when ${alone} then ${REQUIRING_ALONE} else ${REQUIRING_CLASS} end`

/**
 * The class of one that is drawn, and else another: it runs beside others, and requires nothing. What requires something is found by its
 * lane, and a draw goes through those of the bare names.
 */
export const turnOr = (
  { weights, care, limits }: { readonly weights: string; readonly care: string; readonly limits: string },
  other: string,
): string =>
  `case when ${weights} is not null and ${care} <> 2 and ${requires(limits)} is not true then ${TURN} else ${other} end`
