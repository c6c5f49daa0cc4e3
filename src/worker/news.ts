import { LOG_LINES_MAX } from '../job/limits.ts'
import type { Progress } from '../job/progress.ts'
import type { LogLine, Report } from '../store/jobs.ts'

/** What an attempt has told and nobody has written yet: its last progress, and its newest log lines. */
export class News {
  #progress: Progress | undefined
  #logs: LogLine[] | undefined

  setProgress(progress: Progress): void {
    this.#progress = progress
  }

  log(line: LogLine): void {
    this.#logs ??= []
    this.#logs.push(line)
    if (this.#logs.length > LOG_LINES_MAX) this.#logs.shift()
  }

  /** All of it, once; `undefined` where there is nothing. */
  take(): Pick<Report, 'progress' | 'logs'> | undefined {
    if (this.#progress === undefined && this.#logs === undefined) return undefined
    const taken = {
      ...(this.#progress !== undefined && { progress: this.#progress }),
      ...(this.#logs !== undefined && { logs: this.#logs }),
    }
    this.#progress = undefined
    this.#logs = undefined
    return taken
  }
}
