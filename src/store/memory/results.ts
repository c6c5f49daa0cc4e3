import type { Settlement } from '../../job/outcome.ts'
import type { MemoryData } from './data/data.ts'

/** The id of the job whose result is that of all which share this gate. */
export function answerAt(data: MemoryData, gate: string): string | undefined {
  const result = data.results.get(gate)
  if (!result || result.until <= data.clock.now()) return undefined
  return data.jobs.get(result.id)?.state === 'complete' ? result.id : undefined
}

/** What this job comes to is the result of its equals from now on. */
export function keepResult(data: MemoryData, { id, answers }: Settlement): void {
  if (answers) data.results.set(answers.gate, { id, until: data.clock.now() + answers.forMs })
}

/** Forgets results that count no more, or whose job is gone. */
export function pruneResults(data: MemoryData): void {
  for (const gate of data.results.keys()) if (answerAt(data, gate) === undefined) data.results.delete(gate)
}
