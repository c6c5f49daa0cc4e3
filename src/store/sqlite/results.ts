import type { Settlement } from '../../job/outcome.ts'
import type { Connection } from './connection.ts'
import { asList, atMost } from './parameters.ts'

const ANSWER = `select j.id from millhand_results r join millhand_jobs j on j.seq = r.job
  where r.gate = ? and r.until > ? and j.state = 'complete'`

/** The id of the job whose result is that of all which share this gate. */
export function answerAt(connection: Connection, gate: string, nowMs: number): string | undefined {
  return connection.get<{ id: string }>(ANSWER, gate, nowMs)?.id
}

const KEEP = `insert into millhand_results (gate, job, until) values (?, ?, ?)
  on conflict (gate) do update set job = excluded.job, until = excluded.until`

/** What this job comes to is the result of its equals from now on. */
export function keepResult(connection: Connection, { seq, answers }: Settlement, nowMs: number): void {
  if (answers) connection.run(KEEP, answers.gate, seq, nowMs + answers.forMs)
}

const FORGET = 'delete from millhand_results where job in (select value from json_each(?))'

/** These jobs are deleted. */
export function forgetResultsOf(connection: Connection, seqs: readonly number[]): void {
  if (seqs.length > 0) connection.run(FORGET, asList(seqs))
}

const PRUNE = `delete from millhand_results where gate in (
    select gate from millhand_results where until <= ? order by until ${atMost()})`

/** Forgets results that count no more, at most so many. */
export function pruneResults(connection: Connection, limit: number, nowMs: number): void {
  connection.run(PRUNE, nowMs, limit)
}
