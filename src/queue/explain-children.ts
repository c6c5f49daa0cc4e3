import { WAITS_FOR } from '../job/invoke.ts'
import type { JobRecord } from '../job/job.ts'
import { isFinal } from '../job/state.ts'
import { readStored } from '../job/stored.ts'
import { isObject } from '../kit/options.ts'
import type { LogLine } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import type { Reason, Situation } from './reason.ts'

/** As many of those that a job waits for are named; of the others the newest log lines tell. */
const CHILDREN_NAMED = 10

/** The jobs that a running one has invoked last and that have not ended: its log names them. */
export async function childrenOf(store: Store, id: string): Promise<readonly JobRecord[]> {
  const ids = (await store.catalog.logs(id)).flatMap(childIn)
  if (ids.length === 0) return []
  const records = await store.catalog.get([...new Set(ids)].slice(-CHILDREN_NAMED))
  return records.filter(({ state }) => !isFinal(state))
}

export function whyWaiting({ children = [] }: Situation): Reason[] {
  return children.map(({ id, name, state }) => ({
    code: 'waits_for_child',
    text: `waits for job '${name}' (${id}), which is ${state}`,
    mend: `see why: millhand explain ${id}`,
    facts: { child: id, name, state },
  }))
}

function childIn({ data }: LogLine): string[] {
  const told = data === null ? undefined : readStored(data)
  const child = isObject(told) ? (told as Readonly<Record<string, unknown>>)[WAITS_FOR] : undefined
  return typeof child === 'string' ? [child] : []
}
