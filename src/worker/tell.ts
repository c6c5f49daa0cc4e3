import type { Outcome, Settlement } from '../job/outcome.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { Settled } from '../store/jobs.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import type { Attempt } from './attempt.ts'

interface Ending {
  readonly settled: Settled
  readonly settlement: Settlement
  readonly outcome: Outcome
  readonly durationMs: number
}

/** Emits the event of an attempt that has ended, under the verb by which it was settled. */
export function tellOutcome(events: Emitter<MillhandEvents>, attempt: Attempt, ending: Ending): void {
  const { settled, settlement, outcome, durationMs } = ending
  const refused = settled !== 'settled'
  if (!attempt.abandoned && !events.has(refused ? 'refuse' : settlement.verb)) return
  const { id, name, queue, attempt: number } = attempt.job
  const about = { id, name, queue, worker: attempt.worker, attempt: number }
  if (attempt.abandoned) events.emit('abandon', about)
  if (refused) events.emit('refuse', { ...about, because: settled === 'cancelled' ? 'cancelled' : 'lost' })
  else tellSettled(events, { ...about, durationMs }, { settlement, outcome })
}

function tellSettled(
  events: Emitter<MillhandEvents>,
  ended: Omit<MillhandEvents['complete'], 'outcome'>,
  { settlement, outcome }: Pick<Ending, 'settlement' | 'outcome'>,
): void {
  const { verb, dueInMs } = settlement
  if (verb === 'complete') events.emit('complete', { ...ended, outcome: settlement.outcome ?? 'done' })
  else if (verb === 'release') events.emit('release', ended)
  else if (verb === 'snooze') events.emit('snooze', { ...ended, dueInMs })
  else if (outcome.kind === 'failure') {
    const { failureKind: kind, mask } = outcome
    const failed = { ...ended, kind, error: mask ? mask.error(outcome.error) : outcome.error }
    if (verb === 'fail') events.emit('fail', failed)
    else events.emit('retry', { ...failed, dueInMs })
  }
}

/** An attempt as its `start` is told of. */
export function toldStart({ job, begunAtMs }: Attempt) {
  const { id, name, queue, attempt } = job
  return { id, name, queue, attempt, waitedMs: Math.max(0, begunAtMs - job.dueAt) }
}
