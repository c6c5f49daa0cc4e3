import { limitOf } from '../../job/limit.ts'
import { sleep } from '../../kit/clock.ts'
import { internalsOf, type QueueInternals } from '../../queue/internals.ts'
import type { Queue } from '../../queue/queue.ts'
import { type LimitRecord, ruleOf } from '../../store/limits.ts'
import type { Strays } from '../../store/strays.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Whoever leads the maintenance looks each second: what is there for longer, nobody sees to. */
const STAYS_MS = 3_000
/** Of each kind: no more are looked at. */
const STRAYS_MAX = 1_000
/** No more are named. */
const STRAYS_TOLD = 3

/** Whether what gates say is what runs: looked at twice where it is not, since it may only be under way. */
export async function checkGates(queue: Queue): Promise<Finding[]> {
  const { store, clock } = internalsOf(queue, 'doctor')
  const first = await store.limits.strays(STRAYS_MAX)
  if (isNone(first)) return [ok('gates', SOUND)]
  await sleep(clock, STAYS_MS)
  const stayed = both(first, await store.limits.strays(STRAYS_MAX))
  if (isNone(stayed)) return [ok('gates', SOUND)]
  return [
    ...held(stayed.holders, await mendByLeader(store)),
    ...unheld(stayed.unheld),
    ...waiting(stayed.waiting, await store.limits.list()),
  ]
}

const SOUND = 'what they say is what runs'

function isNone({ holders, unheld, waiting }: Strays): boolean {
  return holders.length + unheld.length + waiting.length === 0
}

/** What was there at both looks. */
function both(one: Strays, other: Strays): Strays {
  const common = <Each>(first: readonly Each[], second: readonly Each[]) => {
    const known = new Set(first.map((each) => JSON.stringify(each)))
    return second.filter((each) => known.has(JSON.stringify(each)))
  }
  return {
    holders: common(one.holders, other.holders),
    unheld: common(one.unheld, other.unheld),
    waiting: common(one.waiting, other.waiting),
  }
}

async function mendByLeader(store: QueueInternals['store']): Promise<string> {
  const nowMs = await store.now()
  const isLive = (await store.workers.list()).some(({ leaseUntil }) => leaseUntil > nowMs)
  return isLive
    ? "Let a worker do the maintenance, 'worker.maintenance': it lets go of them within a second."
    : 'Start a worker, which lets go of them within a second: millhand work'
}

function held(holders: Strays['holders'], mend: string): Finding[] {
  if (holders.length === 0) return []
  const named = listed(holders.map(({ gate, id }) => `'${gate}' by ${id ?? 'a job that is gone'}`))
  return [warn('gates', `${holders.length} gate(s) are held by jobs that do not run: ${named}`, mend)]
}

function unheld(jobs: Strays['unheld']): Finding[] {
  if (jobs.length === 0) return []
  const named = listed(jobs.map(({ id, gates }) => `${id} (${listed(gates)})`))
  const text = `${jobs.length} job(s) run and do not count at their gates, so that too many may run: ${named}`
  const ids = jobs.slice(0, STRAYS_TOLD).map(({ id }) => id)
  const mend = `Wait for their ends, or run them anew: millhand cancel ${ids.join(' ')}, then millhand retry ${ids.join(' ')}`
  return [warn('gates', text, mend)]
}

/** To set a limit again lets go on whoever may, at all of its gates. */
function waiting(jobs: Strays['waiting'], records: readonly LimitRecord[]): Finding[] {
  const byLimit = Map.groupBy(jobs, ({ gate }) => limitOf(gate))
  return [...byLimit].map(([limit, strays]) => {
    const named = listed(strays.map(({ gate, id }) => `${id} at '${gate}'`))
    const text = `limit '${limit}' has room, and jobs still wait at ${strays.length} of its gates: ${named}`
    const mend = commandFor(records.find(({ name }) => name === limit))
    return warn(
      'gates',
      text,
      `Let them go on: ${mend}; a worker that leads the maintenance does so by itself.`,
    )
  })
}

/** Says again what holds already. */
function commandFor(record: LimitRecord | undefined): string {
  if (!record) return 'millhand work'
  if (!record.override) return `millhand limits reset ${record.name}`
  const { name, concurrency, rateCount, ratePerMs } = ruleOf(record)
  const rate = rateCount === null ? 'none' : `${rateCount}/${ratePerMs}ms`
  return `millhand limits set ${name} --concurrency ${concurrency ?? 'none'} --rate ${rate}`
}

function listed(texts: readonly string[]): string {
  const more = texts.length - STRAYS_TOLD
  return `${texts.slice(0, STRAYS_TOLD).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
