/**
 * What a crash leaves behind on a job: with what care it is run from then on. `noted`: that it has begun is written
 * before it begins, so that the next crash knows. `alone`: in a worker that runs nothing else, since the next crash
 * would quarantine it: then that one names the culprit and no bystander.
 */
export const CARE = { none: 0, noted: 1, alone: 2 } as const

export type Care = (typeof CARE)[keyof typeof CARE]

/** Whether a worker has to run nothing else while it runs the job. */
export function runsAlone({ care }: { readonly care: Care }): boolean {
  return care === CARE.alone
}
