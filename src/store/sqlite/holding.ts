/** Whoever holds a job in this epoch, whether it has begun or not: who may write to it. */
export const isHeldBy = (seq: string, worker: string, epoch: string): string =>
  `seq = ${seq} and worker = ${worker} and epoch = ${epoch} and finished_at is null`

/** The same of many, by a list of their numbers, which each is looked up by. */
export const isHeldAmong = (seqs: string, worker: string, epoch: string): string =>
  `seq in (select value from json_each(${seqs})) and +worker = ${worker} and epoch = ${epoch} and finished_at is null`

/** The same as the first for a statement whose first three values are the job's number, its worker and its epoch: the fence. */
export const FENCE = isHeldBy('?1', '?2', '?3')

/**
 * For a statement by which a job leaves its worker: one that was still held has begun meanwhile, `?4` after its claim; or
 * never, where that is null.
 */
export const BEGUN_AT = "case when state = 'pending' then claimed_at + ?4 else started_at end"
export const EXPIRES_AT = 'iif(?4 is null, expires_at, null)'
export const BEGUN = `started_at = ${BEGUN_AT}, expires_at = ${EXPIRES_AT}`
