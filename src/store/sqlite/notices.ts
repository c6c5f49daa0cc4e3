import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { systemClock, type Timer } from '../../kit/clock.ts'
import { Scope } from '../../kit/scope.ts'
import type { Connection } from './connection.ts'
import type { OwnWrites } from './own-writes.ts'

/**
 * The operating system tells of a commit when its pages are written; it can be seen only when they are on the disk,
 * measured 1 to 12 ms later. One look is too soon then, and no second event comes: look again, at growing intervals.
 */
const LOOK_AGAIN_MS = [1, 2, 4, 8, 16, 32, 64, 128]

/** One commit may be told in several events, that come this close together. */
const SAME_COMMIT_MS = 3
/** A process that wrote twice in this time is not a quiet one. */
const BUSY_MS = 1_000

/**
 * Notices what other processes write. SQLite cannot notify, but every commit touches the file or its log, which the
 * operating system reports; `data_version` then tells other processes' commits from our own. A hint only: where the
 * file system reports nothing, whoever sleeps wakes by its own timer.
 */
export class Notices {
  readonly #connection: Connection
  readonly #ownWrites: OwnWrites
  readonly #listeners = new Set<() => void>()
  /** The watcher outlives whoever was the first to listen. */
  readonly #scope = new Scope()
  #beatsSeen = 0
  #ownSeenMs = Number.NEGATIVE_INFINITY
  #quietUntilMs = 0
  #othersSeen = 0
  #watcher: FSWatcher | undefined
  #timer: Timer | undefined
  #version = 0

  constructor(connection: Connection, ownWrites: OwnWrites) {
    this.#connection = connection
    this.#ownWrites = ownWrites
  }

  listen(onNotice: () => void): () => void {
    this.#listeners.add(onNotice)
    this.#scope.run(() => this.#watch())
    return () => {
      this.#listeners.delete(onNotice)
      if (this.#listeners.size === 0) this.close()
    }
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#timer?.cancel()
  }

  #watch(): void {
    if (this.#watcher) return
    this.#version = this.#dataVersion()
    this.#beatsSeen = this.#ownWrites.beats
    this.#othersSeen = this.#ownWrites.others
    const file = this.#connection.file
    try {
      // The folder, not the log: the log is made anew when the last connection elsewhere has closed.
      this.#watcher = watch(dirname(file), { persistent: false }, (_, name) => {
        if (name === null || name.startsWith(basename(file))) this.#onEvent()
      })
      this.#watcher.on('error', () => this.close())
      // The event of a commit that is under way may have passed already.
      this.#look()
    } catch {
      // No file watching here (a full inotify table, a network disk): the timers of the sleepers have to do.
    }
  }

  /**
   * An event that a write of our own explains tells nothing: a beat's, or a single write of a quiet process. A busy
   * process looks all the same, once, since its own events hide others. What is missed in the same instant is seen
   * with the next event or poll.
   */
  #onEvent(): void {
    const nowMs = systemClock.elapsed()
    const { beats, others } = this.#ownWrites
    const isBeat = beats !== this.#beatsSeen
    const isOwn = others !== this.#othersSeen
    const isBusy = isOwn && nowMs - this.#ownSeenMs < BUSY_MS
    this.#beatsSeen = beats
    this.#othersSeen = others
    if (isOwn) this.#ownSeenMs = nowMs
    if (isBeat || (isOwn && !isBusy)) this.#quietUntilMs = nowMs + SAME_COMMIT_MS
    if (nowMs >= this.#quietUntilMs) this.#look(isOwn ? LOOK_AGAIN_MS.length : 0)
  }

  #look(again = 0): void {
    const delayMs = LOOK_AGAIN_MS[again]
    if (delayMs !== undefined) {
      this.#timer?.cancel()
      this.#timer = systemClock.timer(delayMs, () => this.#look(again + 1))
    }
    if (this.#hasChanged()) for (const listener of [...this.#listeners]) listener()
  }

  /** A hint cannot fail: whoever it wakes meets the error where it can be handled. */
  #hasChanged(): boolean {
    try {
      const before = this.#version
      this.#version = this.#dataVersion()
      return this.#version !== before
    } catch {
      return true
    }
  }

  #dataVersion(): number {
    return this.#connection.get<{ data_version: number }>('pragma data_version')?.data_version ?? 0
  }
}
