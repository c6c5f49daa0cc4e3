import type { Claim, Entry, History, Noted, Order, RestingJob, Write } from '../history.ts'
import { FORGETTING } from '../plan.ts'

/** A write that was accepted, and when: asked for at `sentMs`, told at `atMs`. */
export interface Written extends Write {
  readonly sentMs: number
  readonly atMs: number
}

interface Claimed extends Claim {
  readonly worker: string
  readonly begun: boolean
  readonly atMs: number
}

/**
 * A server that ends at once forgets what was not flushed yet: claims, beats and rescues of the moments before. It writes
 * that out within three rounds of 200 ms by default; a busy machine gets more.
 */
const FORGOTTEN_MS = 3_000

/** An order that was answered at `untilMs` at the latest. */
interface Asked {
  readonly order: Order
  readonly ids: readonly string[]
  readonly untilMs: number
}

/** A call that nobody has the answer of is tried again for 30 s, and what it has sent may take its time. */
const UNANSWERED_MS = 60_000

/** A history by what one asks it for. */
export class Ledger {
  readonly jobs: ReadonlyMap<string, RestingJob>
  readonly writes: ReadonlyMap<string, readonly Written[]>
  readonly claims: ReadonlyMap<string, readonly Claimed[]>
  readonly #entries: readonly Noted[]
  readonly #orders: ReadonlyMap<string, readonly Asked[]>
  readonly #forgetful: readonly Noted<'fault'>[]

  constructor({ entries, jobs }: Pick<History, 'entries' | 'jobs'>) {
    this.#entries = entries
    this.jobs = new Map(jobs.map((job) => [job.id, job]))
    this.writes = grouped(
      this.all('wrote').flatMap(({ writes, sentMs, atMs }) =>
        writes.map((write) => ({ ...write, sentMs, atMs })),
      ),
      ({ id }) => id,
    )
    this.claims = grouped(
      this.all('claimed').flatMap(({ jobs, worker, atMs }) => jobs.map((job) => ({ ...job, worker, atMs }))),
      ({ id }) => id,
    )
    this.#orders = groupedByMany(this.#asked(), ({ ids }) => ids)
    this.#forgetful = this.all('fault').filter(({ fault }) => FORGETTING.has(fault))
  }

  /** The entries of one kind, in their order. */
  all<Kind extends Entry['kind']>(kind: Kind): Noted<Kind>[] {
    return this.#entries.filter((entry) => entry.kind === kind) as Noted<Kind>[]
  }

  writesOf(id: string): readonly Written[] {
    return this.writes.get(id) ?? []
  }

  claimsOf(id: string): readonly Claimed[] {
    return this.claims.get(id) ?? []
  }

  /** Whether this order may have been carried out for the job after `afterMs`. */
  mayHaveBeen(order: Order, id: string, afterMs: number): boolean {
    return (this.#orders.get(id) ?? []).some((asked) => asked.order === order && asked.untilMs >= afterMs)
  }

  /** Whether the store was told of it, but may have lost it since, as it may lose what would only happen again. */
  mayBeForgotten(atMs: number): boolean {
    return this.#forgetful.some(
      (fault) => atMs > fault.atMs - FORGOTTEN_MS && atMs < fault.atMs + fault.forMs + FORGOTTEN_MS,
    )
  }

  #asked(): Asked[] {
    const answers = new Map(
      this.all('answered').map(({ process, call, atMs }) => [`${process} ${call}`, atMs]),
    )
    return this.all('asked').map(({ process, call, order, ids, atMs }) => {
      const untilMs = answers.get(`${process} ${call}`) ?? atMs + UNANSWERED_MS
      return { order, ids, untilMs }
    })
  }
}

/** The writes by which a job leaves its worker. */
export const SETTLES: ReadonlySet<Write['verb']> = new Set(['complete', 'fail', 'retry', 'snooze', 'release'])
/** To whoever gives a job back it is all the same whether he or a rescue did it: he is not told which. */
export const GIVES_BACK: ReadonlySet<Write['verb']> = new Set(['snooze', 'release'])

export function claimOf({ id, epoch }: Claim): string {
  return `${id}#${epoch}`
}

export function grouped<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  return groupedByMany(items, (item) => [keyOf(item)])
}

function groupedByMany<Item, Key>(
  items: readonly Item[],
  keysOf: (item: Item) => readonly Key[],
): ReadonlyMap<Key, readonly Item[]> {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    for (const key of keysOf(item)) {
      const group = groups.get(key)
      if (group) group.push(item)
      else groups.set(key, [item])
    }
  }
  return groups
}
