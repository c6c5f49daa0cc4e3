import type { QueueSettings } from '../../src/job/queue-settings.ts'
import type { ScheduleRecord } from '../../src/job/schedule.ts'
import type { Store } from '../../src/store/store.ts'
import type { Executed } from '../call.ts'
import type { Database } from '../database.ts'

/** What queues are controlled by, as it stands in the store. */
export interface Controls {
  /** Who holds which gate: `GATE ID`. */
  readonly holders: ReadonlySet<string>
  readonly schedules: ReadonlyMap<string, ScheduleRecord>
  /** By queue, as they were asked for. */
  readonly settings: ReadonlyMap<string, QueueSettings>
}

export const NO_CONTROLS: Controls = { holders: new Set(), schedules: new Map(), settings: new Map() }

interface Sight {
  readonly store: Store
  readonly database: Database
}

/** Reads what these calls may have changed. */
export async function readControls(
  { store, database }: Sight,
  before: Controls,
  calls: readonly Executed[] | 'all',
): Promise<Controls> {
  const holders = await database.holders()
  return {
    holders: new Set(holders.map(({ gate, id }) => `${gate} ${id}`)),
    schedules: touches(calls, 'schedules') ? await schedulesIn(store) : before.schedules,
    settings: await settingsAfter(store, before.settings, calls),
  }
}

function touches(calls: readonly Executed[] | 'all', role: string): boolean {
  return calls === 'all' || calls.some(({ verb }) => verb.startsWith(`${role}.`))
}

async function schedulesIn({ schedules }: Store): Promise<Controls['schedules']> {
  return new Map((await schedules.list()).map((record) => [record.name, record]))
}

/** As they were asked for: a store that made something else of them is wrong. Where an answer was lost, as they stand there. */
async function settingsAfter(
  { queues }: Store,
  before: Controls['settings'],
  calls: readonly Executed[] | 'all',
): Promise<Controls['settings']> {
  const set = calls === 'all' ? [] : calls.filter(({ verb }) => verb === 'queues.configure')
  if (calls === 'all' || set.some(({ isDoubtful }) => isDoubtful))
    return new Map((await queues.configured()).map(({ queue, settings }) => [queue, settings]))
  if (set.length === 0) return before
  return new Map([
    ...before,
    ...set.map(({ values }) => [`${values[0]}`, values[1] as QueueSettings] as const),
  ])
}
