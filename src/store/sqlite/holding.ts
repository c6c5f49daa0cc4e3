/** Whoever holds a job in this epoch, whether it has begun or not: who may write to it. */
export const isHeldBy = (seq: string, worker: string, epoch: string): string =>
  `seq = ${seq} and worker = ${worker} and epoch = ${epoch} and finished_at is null`
