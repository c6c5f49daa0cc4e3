import type { Progress } from '../job/progress.ts'
import type { JobState } from '../job/state.ts'
import { readProgress, toDate } from '../job/stored.ts'
import { Channel } from '../kit/channel.ts'
import { asError } from '../kit/error.ts'
import { custom, type FieldsOf, integer, isSignal, parseOptions, text } from '../kit/options.ts'
import { Service } from '../kit/service.ts'
import type { JobChange as StoredChange } from '../store/feed.ts'
import type { QueueInternals } from './internals.ts'

/** One change of one job, in any process. */
export interface JobChange {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly verb: StoredChange['verb']
  /** The state after the change. */
  readonly state: JobState
  readonly at: Date
  readonly progress?: Progress
}

/** What `subscribe` takes. */
export interface SubscribeOptions {
  /** Only jobs of this name. */
  readonly name?: string
  /** Only jobs in this queue. */
  readonly queue?: string
  /** Only this job. */
  readonly id?: string
  /** Ends the subscription. */
  readonly signal?: AbortSignal
  /** Changes kept for a slow reader; older ones are dropped. Default 10,000, minimum 1. */
  readonly capacity?: number
}

const subscribeFields = {
  name: text(),
  queue: text(),
  id: text(),
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
  capacity: integer({ default: 10_000, min: 1 }),
} satisfies FieldsOf<SubscribeOptions>

/** A subscriber that has gone is forgotten after this, and the feed is no longer written for it. */
const LEASE_MS = 30_000
const RENEW_MS = 10_000
/** Without any notice, the feed is read this often. */
const READ_INTERVAL_MS = 1_000
const READ_MAX = 1_000

/**
 * The changes of jobs in all processes, live, as they are committed: from now on, until the reader stops.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `store_closed`
 */
export function subscribe(
  queue: QueueInternals,
  options: SubscribeOptions = {},
): AsyncIterableIterator<JobChange> {
  queue.closing.requireOpen()
  const { capacity, signal, ...filter } = parseOptions('subscribe', subscribeFields, options)
  const subscriber = queue.ids()
  const reader = new FeedReader(queue, subscriber, (change) => {
    if (fits(change, filter)) channel.push(toJobChange(change))
  })
  const close = () => channel.close()
  const channel = new Channel<JobChange>(capacity, () => {
    signal?.removeEventListener('abort', close)
    stopClosing()
    void reader.close()
  })
  const stopClosing = queue.closing.on(close)
  signal?.addEventListener('abort', close, { once: true })
  if (signal?.aborted) close()
  else reader.start()
  return channel
}

/** Reads the feed from where it stood when the reading began. */
class FeedReader {
  readonly #queue: QueueInternals
  readonly #subscriber: string
  readonly #onChange: (change: StoredChange) => void
  readonly #service: Service
  #stops: (() => void)[] = []
  #cursor: number | undefined
  #renewAtMs = 0

  constructor(queue: QueueInternals, subscriber: string, onChange: (change: StoredChange) => void) {
    this.#queue = queue
    this.#subscriber = subscriber
    this.#onChange = onChange
    this.#service = new Service({
      name: 'subscribe',
      clock: queue.clock,
      runOnce: () => this.#read(),
      onError: (error) => queue.events.emit('loop_error', { loop: 'subscribe', error: asError(error) }),
    })
  }

  start(): void {
    const { store } = this.#queue
    this.#stops = [
      store.local.on('changed', () => this.#service.wake()),
      store.listen('changed', () => this.#service.wake()),
    ]
    this.#stops.push(store.local.on('ready', () => this.#service.wake()))
    this.#service.start()
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    await this.#service.stop()
    await this.#queue.store.feed.unsubscribe(this.#subscriber).catch(() => {})
  }

  async #read(): Promise<number> {
    const { store, clock } = this.#queue
    if (clock.elapsed() >= this.#renewAtMs) {
      const newest = await store.feed.subscribe(this.#subscriber, LEASE_MS)
      this.#cursor ??= newest
      this.#renewAtMs = clock.elapsed() + RENEW_MS
    }
    const changes = await store.feed.changesAfter(this.#cursor ?? 0, READ_MAX)
    for (const change of changes) this.#onChange(change)
    this.#cursor = changes.at(-1)?.cursor ?? this.#cursor
    return changes.length === READ_MAX ? 0 : READ_INTERVAL_MS
  }
}

function fits(
  change: StoredChange,
  filter: { name?: string | undefined; queue?: string | undefined; id?: string | undefined },
) {
  return (
    (filter.name === undefined || change.name === filter.name) &&
    (filter.queue === undefined || change.queue === filter.queue) &&
    (filter.id === undefined || change.id === filter.id)
  )
}

function toJobChange({ id, name, queue, verb, state, at, progress }: StoredChange): JobChange {
  const shown = progress === null ? {} : { progress: readProgress(progress) }
  return { id, name, queue, verb, state, at: toDate(at), ...shown }
}
