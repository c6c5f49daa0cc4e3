import type { JobRecord } from '../job/job.ts'
import { STATEMENT_CHARACTERS_MAX } from '../job/limits.ts'

/** Nobody knows how large the first ones are: up to 4 MiB each. */
const FIRST_ROWS = 8
/** After small ones there may be large ones: few enough that even those fit, many enough to be read fast. */
const ROWS_MAX = 64

/** How many jobs to read at a time: as many as one answer may hold, by what those before them came to. */
export class PageSize {
  #rows = 0
  #characters = 0

  next(): number {
    if (this.#rows === 0) return FIRST_ROWS
    const fitting = Math.floor((STATEMENT_CHARACTERS_MAX * this.#rows) / Math.max(1, this.#characters))
    return Math.max(1, Math.min(fitting, ROWS_MAX))
  }

  /** What was read; gives the characters that it holds. */
  saw(records: readonly JobRecord[]): number {
    const characters = records.reduce((sum, record) => sum + sizeOf(record), 0)
    this.#rows = records.length || this.#rows
    this.#characters = records.length > 0 ? characters : this.#characters
    return characters
  }
}

/** About how many characters a job holds. */
function sizeOf({ input, output, checkpoint, context, errors, progress }: JobRecord): number {
  const texts = [input, output, checkpoint, context, errors, progress]
  return texts.reduce<number>((sum, text) => sum + (text?.length ?? 0), 0)
}
