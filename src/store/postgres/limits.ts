import type { Grants } from '../../job/gate.ts'
import type { Limit } from '../../job/limit.ts'
import { changedBy, type LimitOverride } from '../../job/limit-change.ts'
import { asSet } from '../../job/queue-limits.ts'
import { readSettings } from '../../job/queue-settings.ts'
import { type LimitRow, limitFrom, limitTexts, ruleText, toLimitRecord } from '../limit-row.ts'
import {
  AFTER_GATES,
  type GateRecord,
  HOLDERS_SHOWN,
  type LimitRecord,
  type LimitStore,
  type LimitSums,
  REOPENED_MAX,
} from '../limits.ts'
import { callOnce } from './calls.ts'
import type { Database } from './database.ts'
import { reopen } from './gates.ts'
import type { Session } from './session.ts'
import { NOW, statement } from './sql.ts'

const DECLARE = `insert into millhand.limits as l (name, declared)
  select name, declared from unnest($1::text[], $2::text[]) as g(name, declared) order by name
  on conflict (name) do update set declared = excluded.declared where l.declared <> excluded.declared
  returning name`

const LOCK = 'select name, declared, override from millhand.limits where name = $1 for update'

const OVERRIDE = 'update millhand.limits set override = $2 where name = $1'

/** In one order. A row that is not there yet is made, since only a row can be locked; it is no rule before it is written. */
const LOCK_ALL = `insert into millhand.limits as l (name, declared)
  select name, '' from unnest($1::text[]) as g(name) order by name
  on conflict (name) do update set declared = l.declared`

const SETTINGS = 'select settings from millhand.queues where settings is not null order by queue'

/** Whoever sets them for a queue waits, or is waited for: what is set by then is read in a statement after the lock. */
export async function declare(database: Database, limits: readonly Limit[]): Promise<void> {
  const names = [...new Set(limits.map(({ name }) => name))]
  const changed = await database.briefTransaction(async (_, within) => {
    await within.rows(LOCK_ALL, names)
    const rows = await within.rows<{ settings: string }>(SETTINGS)
    const settings = rows.map((row) => readSettings(row.settings))
    return write(within, asSet(limits, settings))
  })
  await reopenAll(database.session, changed)
}

/** In one order; each name once. Gives the names of those that have changed: they are to let others pass when that has committed. */
export async function write(session: Session, limits: readonly Limit[]): Promise<string[]> {
  const rules = new Map(limits.map(({ name, ...rule }) => [name, ruleText(rule)]))
  const rows = await session.rows<{ name: string }>(DECLARE, [...rules.keys()], [...rules.values()])
  return rows.map(({ name }) => name)
}

/** Lets others pass when it has committed: nobody's gates are locked for longer than a statement takes. */
export async function override(
  database: Database,
  name: string,
  { change, call }: { readonly change: LimitOverride | null; readonly call: string | undefined },
): Promise<LimitRecord | null> {
  const texts = await callOnce(database, call, (within) => changeIn(within, name, change))
  if (texts.length > 0) await reopenAll(database.session, [name])
  return limitFrom(name, texts)
}

async function changeIn(session: Session, name: string, change: LimitOverride | null): Promise<string[]> {
  const [row] = await session.rows<LimitRow>(LOCK, name)
  if (!row) return []
  const before = toLimitRecord(row)
  const changed = { ...before, override: changedBy(before.override, change) }
  await session.rows(OVERRIDE, name, changed.override && ruleText(changed.override))
  return limitTexts(changed)
}

/** Gates at which jobs wait, found by going through the index from one to the next. */
const WAITED_AT = `with recursive at (gate) as (
    (select gate from millhand.pending where waits = 3 and gate > $1 and gate < $2 order by gate limit 1)
    union all
    select (select p.gate from millhand.pending p where p.waits = 3 and p.gate > at.gate and p.gate < $2
      order by p.gate limit 1) from at where at.gate is not null
  )
  select gate from at where gate is not null limit $3::integer`

export async function waitedAt(
  session: Session,
  {
    after,
    to = AFTER_GATES,
    limit,
  }: { readonly after: string; readonly to?: string; readonly limit: number },
): Promise<string[]> {
  const rows = await session.rows<{ gate: string }>(WAITED_AT, after, to, limit)
  return rows.map(({ gate }) => gate)
}

/** Not in a transaction: see `reopen`. */
export async function reopenAll(session: Session, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const keyed = await waitedAt(session, { after: `${name}=`, to: `${name}>`, limit: REOPENED_MAX })
    await reopen(session, [name, ...keyed])
  }
}

const LIST = 'select name, declared, override from millhand.limits order by name'

export async function list(session: Session): Promise<LimitRecord[]> {
  return (await session.rows<LimitRow>(LIST)).map(toLimitRecord)
}

const isOf = (gate: string) => `(${gate} = $name or (${gate} >= $name || '=' and ${gate} < $name || '>'))`

const KNOWN = statement(
  { name: 'text', limit: 'integer' },
  `select gate from (
    select gate from millhand.holders where ${isOf('gate')}
    union select gate from millhand.pending where waits = 3 and ${isOf('gate')}
    union select gate from millhand.gates where closed_until > ${NOW} and ${isOf('gate')}
  ) known order by gate limit $limit`,
)

const RECORDS = `select g.gate,
  (select count(*)::integer from millhand.holders h where h.gate = g.gate) as running,
  (select count(*)::integer from (
    select from millhand.pending p where p.waits = 3 and p.gate = g.gate limit $3::integer) w) as waiting,
  (select closed_until from millhand.gates m where m.gate = g.gate and m.closed_until > ${NOW}) as "closedUntil",
  coalesce((select grants from millhand.gates m where m.gate = g.gate), '[]') as grants
  from unnest($2::text[]) as g(gate) order by g.gate`

/** Of each gate the first ones: a look into the rows of `claims` for each. */
const HOLDERS = `select g.gate, j.id, c.worker, c.started_at as since from unnest($1::text[]) as g(gate)
  cross join lateral (select job from millhand.holders h where h.gate = g.gate order by job limit $2::integer) h
  join millhand.jobs j on j.seq = h.job
  cross join lateral (
    select worker, started_at from millhand.claims c where c.low <= h.job and c.high >= h.job and h.job = any(c.seqs) limit 1
  ) c order by c.started_at, j.id`

export async function gates(
  session: Session,
  which: Parameters<LimitStore['gates']>[0],
  { limit, waitingMax = null }: { readonly limit: number; readonly waitingMax?: number | null | undefined },
): Promise<GateRecord[]> {
  const names = 'names' in which ? [...new Set(which.names)].sort() : await known(session, which.limit, limit)
  const chosen = names.slice(0, limit)
  const records = await session.at<Omit<GateRecord, 'holders' | 'grants'> & { grants: string }>(
    RECORDS,
    chosen,
    waitingMax,
  )
  const holders = await session.rows<GateRecord['holders'][number] & { gate: string }>(
    HOLDERS,
    chosen,
    HOLDERS_SHOWN,
  )
  const byGate = Map.groupBy(holders, ({ gate }) => gate)
  return records.map((record) => ({
    ...record,
    grants: JSON.parse(record.grants) as Grants,
    holders: (byGate.get(record.gate) ?? []).map(({ id, worker, since }) => ({ id, worker, since })),
  }))
}

async function known(session: Session, name: string, limit: number): Promise<string[]> {
  const rows = await session.at<{ gate: string }>(KNOWN.text, ...KNOWN.values({ name, limit }))
  return rows.map(({ gate }) => gate)
}

const SUMS = `select count(*)::integer as keys,
  coalesce(sum((select count(*) from millhand.holders h where h.gate = known.gate)), 0)::integer as running,
  coalesce(sum((select count(*) from millhand.pending p where p.waits = 3 and p.gate = known.gate)), 0)::integer as waiting
  from (${KNOWN.text}) known`

export async function sums(session: Session, name: string, limit: number): Promise<LimitSums> {
  const [found] = await session.at<LimitSums>(SUMS, ...KNOWN.values({ name, limit }))
  return found as LimitSums
}

/** Of jobs that run no more. */
const FORGET = `delete from millhand.holders h where not exists (
    select from millhand.claims c where c.low <= h.job and c.high >= h.job and h.job = any(c.seqs)
  ) returning gate`

/** Lets go on what waits at open gates after the one named; gives how many jobs that were, and where to go on. */
export async function tend(
  session: Session,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<{ readonly count: number; readonly next: string }> {
  await session.rows(FORGET)
  const waited = await waitedAt(session, { after, limit })
  const count = await reopen(session, waited)
  return { count, next: waited.length < limit ? '' : (waited.at(-1) ?? '') }
}
