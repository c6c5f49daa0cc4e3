import { STATEMENT_CHARACTERS_MAX, STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { Coalescer } from '../kit/coalesce.ts'
import { halving } from '../kit/halve.ts'
import { storeError } from '../store/errors.ts'
import type { Report, Settled } from '../store/jobs.ts'
import { asRefusal, mayBeRefusal } from '../store/refusal.ts'
import type { Store } from '../store/store.ts'
import type { Attempt } from './attempt.ts'

/** It is not worth a look: at most 16 KiB, most often less than this. */
const PROGRESS_CHARACTERS = 1_000

/**
 * Writes what running jobs tell: progress and log lines at most every `intervalMs`, the last of them always, and
 * checkpoints at once. All that is due goes in one call.
 */
export class Reporter {
  readonly #store: Store
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #writes: Coalescer<Report, Settled>
  readonly #onError: (error: unknown) => void
  readonly #marked = new Set<Attempt>()
  /** Reports that are being written, by attempt: an outcome that overtook its report would make it refused. */
  readonly #writing = new Map<Attempt, Promise<unknown>>()
  #timer: Timer | undefined
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(
    store: Store,
    options: { clock: Clock; intervalMs: number; onError: (error: unknown) => void },
  ) {
    this.#store = store
    this.#clock = options.clock
    this.#intervalMs = options.intervalMs
    this.#onError = options.onError
    this.#writes = new Coalescer((reports) => this.#report(reports), STATEMENT_ROWS_MAX, {
      sizeOf,
      sizeMax: STATEMENT_CHARACTERS_MAX,
    })
  }

  /** The attempt has something to tell. */
  mark(attempt: Attempt): void {
    this.#marked.add(attempt)
    if (this.#timer) return
    const sinceMs = this.#clock.elapsed() - this.#lastMs
    this.#timer = this.#clock.timer(Math.max(0, this.#intervalMs - sinceMs), () => this.#flush())
  }

  /** Whether the attempt has something to tell that is not written yet. */
  has(attempt: Attempt): boolean {
    // Most workers have nothing to tell, and look up nobody.
    return (
      (this.#marked.size > 0 && this.#marked.has(attempt)) ||
      (this.#writing.size > 0 && this.#writing.has(attempt))
    )
  }

  /** Writes what the attempt has to tell before it settles: afterwards it would be refused. */
  async finish(attempt: Attempt): Promise<void> {
    this.#marked.delete(attempt)
    await this.#writing.get(attempt)
    await this.#tell(attempt)
  }

  /** Writes a checkpoint, with what else the attempt has to tell. */
  async write(attempt: Attempt, checkpoint: string): Promise<Settled> {
    if (this.#store.insideTransaction()) throw storeError('inside_transaction', { what: 'ctx.checkpoint' })
    return this.#writes.add({ ...attempt.identity, ...attempt.takeReport(), checkpoint })
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** A report that the store refuses is that job's own fault: the checkpoints of others are not lost with it. */
  #report(reports: readonly Report[]): Promise<(Settled | Error)[]> {
    const { jobs, location } = this.#store
    const write = (some: readonly Report[]) =>
      jobs.report(some).catch((error) => {
        throw asRefusal(error, location)
      })
    return halving<Report, Settled>(reports, write, mayBeRefusal)
  }

  #flush(): void {
    this.#timer = undefined
    this.#lastMs = this.#clock.elapsed()
    const attempts = [...this.#marked]
    this.#marked.clear()
    for (const attempt of attempts) if (!attempt.transaction) void this.#tell(attempt)
  }

  /** Progress is for people: a write that fails is reported and not repeated. */
  async #tell(attempt: Attempt): Promise<void> {
    const report = attempt.takeReport()
    if (!report) return
    const written = this.#writes.add(report).catch(this.#onError)
    this.#writing.set(attempt, written)
    await written
    if (this.#writing.get(attempt) === written) this.#writing.delete(attempt)
  }
}

/** About how many characters of a report are stored. */
function sizeOf({ checkpoint, progress, logs = [] }: Report): number {
  const said = logs.reduce((sum, { message, data }) => sum + message.length + (data?.length ?? 0), 0)
  return (checkpoint?.length ?? 0) + said + (progress === undefined ? 0 : PROGRESS_CHARACTERS)
}
