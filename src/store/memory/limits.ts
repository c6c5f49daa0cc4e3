import { alike, type Limit, limitOf } from '../../job/limit.ts'
import { changedBy, type LimitOverride } from '../../job/limit-change.ts'
import { asSet } from '../../job/queue-limits.ts'
import { limitFrom, limitTexts } from '../limit-row.ts'
import {
  type GateRecord,
  HOLDERS_SHOWN,
  type LimitRecord,
  type LimitStore,
  type LimitSums,
} from '../limits.ts'
import { once } from './calls.ts'
import type { MemoryData } from './data/data.ts'
import { reopen } from './gates.ts'

export function declare(data: MemoryData, limits: readonly Limit[]): void {
  write(data, asSet(limits, [...data.settings.values()]))
}

/** Those that have changed let others pass at once. */
export function write(data: MemoryData, limits: readonly Limit[]): void {
  for (const { name, ...declared } of limits) {
    const known = data.limits.get(name)
    if (known && alike({ name, ...known.declared }, { name, ...declared })) continue
    data.limits.set(name, { name, declared, override: known?.override ?? null })
    reopenAll(data, name)
  }
}

export function override(
  data: MemoryData,
  name: string,
  { change, call }: { readonly change: LimitOverride | null; readonly call: string | undefined },
): LimitRecord | null {
  const make = () => {
    const known = data.limits.get(name)
    if (!known) return []
    const changed = { ...known, override: changedBy(known.override, change) }
    data.limits.set(name, changed)
    reopenAll(data, name)
    return limitTexts(changed)
  }
  return limitFrom(name, once(data, call, make))
}

function reopenAll(data: MemoryData, name: string): void {
  for (const gate of data.jobs.pending.gates()) if (limitOf(gate) === name) reopen(data, gate)
}

export function list(data: MemoryData): LimitRecord[] {
  return [...data.limits.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

export function gates(
  data: MemoryData,
  which: Parameters<LimitStore['gates']>[0],
  { limit, waitingMax }: { readonly limit: number; readonly waitingMax?: number | undefined },
): GateRecord[] {
  const names = 'names' in which ? which.names : gatesOf(data, which.limit)
  return firstOf(names, limit).map((gate) => recordOf(data, gate, waitingMax))
}

export function sums(data: MemoryData, limit: string, gatesMax: number): LimitSums {
  const counted = firstOf(gatesOf(data, limit), gatesMax)
  return {
    keys: counted.length,
    running: counted.reduce((sum, gate) => sum + data.jobs.holding(gate).length, 0),
    waiting: counted.reduce((sum, gate) => sum + [...data.jobs.pending.parkedAt(gate)].length, 0),
  }
}

function firstOf(gates: readonly string[], limit: number): string[] {
  return [...new Set(gates)].sort().slice(0, limit)
}

function gatesOf(data: MemoryData, limit: string): string[] {
  const known = [...data.jobs.pending.gates(), ...data.jobs.heldGates(), ...closedGates(data)]
  return known.filter((gate) => limitOf(gate) === limit)
}

function closedGates(data: MemoryData): string[] {
  const nowMs = data.clock.now()
  return [...data.gates].flatMap(([gate, row]) => ((row.closedUntil ?? 0) > nowMs ? [gate] : []))
}

function recordOf(data: MemoryData, gate: string, waitingMax = Number.POSITIVE_INFINITY): GateRecord {
  const running = data.jobs.holding(gate)
  const { closedUntil, grants } = data.gates.get(gate) ?? { closedUntil: null, grants: [] }
  return {
    gate,
    holders: running
      .map(({ id, worker, startedAt }) => ({ id, worker: worker ?? '', since: startedAt ?? 0 }))
      .sort((one, other) => one.since - other.since || (one.id < other.id ? -1 : 1))
      .slice(0, HOLDERS_SHOWN),
    running: running.length,
    waiting: Math.min(waitingMax, [...data.jobs.pending.parkedAt(gate)].length),
    closedUntil: (closedUntil ?? 0) > data.clock.now() ? closedUntil : null,
    grants,
  }
}

/** Lets go on what waits at open gates after the one named; gives how many jobs that were, and where to go on. */
export function tend(
  data: MemoryData,
  { after, limit }: { readonly after: string; readonly limit: number },
): { readonly count: number; readonly next: string } {
  const waited = data.jobs.pending
    .gates()
    .filter((gate) => gate > after)
    .sort()
    .slice(0, limit)
  return {
    count: waited.reduce((sum, gate) => sum + reopen(data, gate), 0),
    next: waited.length < limit ? '' : (waited.at(-1) ?? ''),
  }
}
