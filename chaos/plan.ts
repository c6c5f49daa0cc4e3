import { Chance } from '../simulation/chance.ts'

export const STORE_KINDS = ['sqlite', 'postgres'] as const
export type StoreKind = (typeof STORE_KINDS)[number]

/** How many processes there are of each kind. Each has a slot, and is replaced when it has ended. */
export const WORKERS = 4
export const CLIENTS = 2

interface Kind {
  /** What it happens to: a process of this role, or all of them. */
  readonly to: 'worker' | 'client' | 'all'
  /** For how long, in milliseconds: from, and up to. 0 where it is over at once. */
  readonly forMs: readonly [number, number]
  /** How often it comes in one round of all of them. */
  readonly times: number
  /** Where it can be; both by default. */
  readonly only?: StoreKind
}

/** What goes wrong. A lease is 3 s long here, so that what lasts longer than that comes up often. */
const KINDS = {
  'kill a worker': { to: 'worker', forMs: [0, 0], times: 3 },
  'kill a client': { to: 'client', forMs: [0, 0], times: 1 },
  'freeze a worker': { to: 'worker', forMs: [1_000, 8_000], times: 2 },
  'freeze a client': { to: 'client', forMs: [500, 5_000], times: 1 },
  'stop a worker': { to: 'worker', forMs: [0, 0], times: 2 },
  'block an event loop': { to: 'worker', forMs: [500, 8_000], times: 1 },
  'set the clock': { to: 'all', forMs: [0, 0], times: 1 },
  'hold a lock': { to: 'all', forMs: [500, 5_000], times: 1 },
  'fill the disk': { to: 'all', forMs: [500, 3_000], times: 1 },
  'stop the server': { to: 'all', forMs: [0, 3_000], times: 1, only: 'postgres' },
  'end backends': { to: 'all', forMs: [0, 0], times: 2, only: 'postgres' },
  'take all connections': { to: 'all', forMs: [1_000, 5_000], times: 1, only: 'postgres' },
  'cut the network': { to: 'worker', forMs: [500, 6_000], times: 1, only: 'postgres' },
  'slow the network': { to: 'worker', forMs: [1_000, 5_000], times: 1, only: 'postgres' },
  'swallow the network': { to: 'worker', forMs: [1_000, 8_000], times: 1, only: 'postgres' },
  'swallow the network of a client': { to: 'client', forMs: [1_000, 8_000], times: 1, only: 'postgres' },
} as const satisfies Record<string, Kind>

export type FaultKind = keyof typeof KINDS

/** After these a server may have forgotten what it had not flushed: see `Ledger.mayBeForgotten`. */
export const FORGETTING: ReadonlySet<FaultKind> = new Set(['stop the server', 'fill the disk'])

/** One thing that goes wrong. */
export interface Fault {
  readonly kind: FaultKind
  /** From the start of the run. */
  readonly atMs: number
  readonly forMs: number
  /** Whom it happens to: `worker-2`, or `all`. */
  readonly target: string
  /** From 0 to 1: what else is to be decided by chance, such as where a clock is set to. */
  readonly draw: number
}

/** All is let begin, and to end. */
const FIRST_MS = 1_500
const LAST_MS = 1_000
/** From one fault to the next, at random from 0 to twice as much. */
const GAP_MS = 900
/** What happens to all of them happens one after the other, with so much time between. */
const BREATH_MS = 1_000

/** What goes wrong in a run, and when: decided by the seed alone. */
export function planOf({
  store,
  seed,
  seconds,
}: {
  store: StoreKind
  seed: number
  seconds: number
}): Fault[] {
  const chance = new Chance(seed)
  const endMs = seconds * 1_000 - LAST_MS
  const plan: Fault[] = []
  let deck: FaultKind[] = []
  let freeMs = 0
  for (let atMs = FIRST_MS; atMs < endMs; atMs += Math.round(chance.random() * 2 * GAP_MS)) {
    if (deck.length === 0) deck = shuffled(deckOf(store), chance)
    const kind = nextOf(deck, atMs >= freeMs)
    const draw = chance.random()
    if (kind === undefined) continue
    const fault = {
      kind,
      atMs,
      draw,
      target: targetOf(kind, chance),
      forMs: lengthOf(kind, chance, endMs - atMs),
    }
    if (KINDS[kind].to === 'all') freeMs = atMs + fault.forMs + BREATH_MS
    plan.push(fault)
  }
  return plan
}

/** Each kind as often as it comes in a round. */
function deckOf(store: StoreKind): FaultKind[] {
  return Object.entries<Kind>(KINDS).flatMap(([kind, { times, only = store }]) =>
    only === store ? Array.from({ length: times }, () => kind as FaultKind) : [],
  )
}

function shuffled(kinds: readonly FaultKind[], chance: Chance): FaultKind[] {
  const places = kinds.map((kind) => ({ kind, place: chance.random() }))
  return places.sort((left, right) => left.place - right.place).map(({ kind }) => kind)
}

/** Takes the next one that may come now; while something happens to all of them, none that does. */
function nextOf(deck: FaultKind[], isFree: boolean): FaultKind | undefined {
  const place = deck.findIndex((kind) => isFree || KINDS[kind].to !== 'all')
  return place < 0 ? undefined : deck.splice(place, 1)[0]
}

function targetOf(kind: FaultKind, chance: Chance): string {
  const { to } = KINDS[kind]
  if (to === 'all') return to
  return `${to}-${1 + chance.below(to === 'worker' ? WORKERS : CLIENTS)}`
}

function lengthOf(kind: FaultKind, chance: Chance, restMs: number): number {
  const [fromMs, toMs] = KINDS[kind].forMs
  return Math.min(Math.round(fromMs + chance.random() * (toMs - fromMs)), restMs)
}
