import { readOrder, storedOrder, type WorkerOrder } from '../../job/orders.ts'
import { storedAbility, toWorkerRecord, type WorkerRow } from '../worker-row.ts'
import type { Beat, CancelNotice, NewWorker, WorkerRecord } from '../workers.ts'
import { leave } from './leaving/leave.ts'
import { rowOf } from './lookup.ts'
import type { Session } from './session.ts'
import { NOW, statement } from './sql.ts'

const REGISTER = statement(
  {
    id: 'text',
    name: 'text',
    host: 'text',
    pid: 'integer',
    version: 'text',
    names: 'text',
    queues: 'text',
    concurrency: 'integer',
    leaseMs: 'bigint',
    schedules: 'text',
    orders: 'text',
    ability: 'text',
  },
  `insert into millhand.workers (id, name, host, pid, version, names, queues, concurrency, lease_ms,
    started_at, beat_at, lease_until, schedules, orders, ability)
  select $id, $name, $host, $pid, $version, $names, $queues, $concurrency, $leaseMs, now, now, now + $leaseMs, $schedules, $orders, $ability
  from (select ${NOW} as now) t
  on conflict (id) do update set name = excluded.name, host = excluded.host, pid = excluded.pid,
    version = excluded.version, names = excluded.names, queues = excluded.queues, concurrency = excluded.concurrency,
    lease_ms = excluded.lease_ms, started_at = excluded.started_at, beat_at = excluded.beat_at,
    lease_until = excluded.lease_until, schedules = excluded.schedules,
    orders = excluded.orders, ability = excluded.ability`,
)

export async function register(session: Session, worker: NewWorker): Promise<void> {
  const names = worker.names === null ? null : JSON.stringify(worker.names)
  const queues = worker.queues === null ? null : JSON.stringify(worker.queues)
  const schedules = worker.schedules ? JSON.stringify(worker.schedules) : null
  const orders = storedOrder(worker.order)
  const ability = storedAbility(worker.ability)
  await session.at(
    REGISTER.text,
    ...REGISTER.values({ ...worker, names, queues, schedules, orders, ability }),
  )
}

/** One statement, so that an idle worker's beat is no more than that. */
const EXTEND = `update millhand.workers w set beat_at = t.now, lease_until = t.now + $3::bigint
  from (select ${NOW} as now{light}) t where w.id = $2
  returning w.orders, exists (select from millhand.settled s where s.worker = w.id and s.state = 'cancelled') as cancelled`

const CANCELLED_JOBS = `select s.seq, j.id, s.epoch, coalesce(s.reason, '') as reason
  from millhand.settled s cross join ${rowOf('s', 'id', 'jobs')} j where s.worker = $1 and s.state = 'cancelled'`

/** The beat. A lease that has lapsed can be saved as long as nobody has rescued its jobs: then the row is gone. */
export async function extend(session: Session, worker: string, leaseMs: number): Promise<Beat> {
  const [row] = await session.at<{ cancelled: boolean; orders: string | null }>(EXTEND, worker, leaseMs)
  const cancelled = row?.cancelled ? await session.rows<CancelNotice>(CANCELLED_JOBS, worker) : []
  return { lost: !row, order: readOrder(row?.orders ?? null), cancelled }
}

const HELD_JOBS = `select u.seq, u.epoch, u.attempt from millhand.claims c
  cross join lateral unnest(c.seqs, c.epochs, c.attempts) as u(seq, epoch, attempt)
  where c.worker = $1 order by u.seq`

/** A job that a worker runs or holds. */
interface HeldJob {
  readonly seq: number
  readonly epoch: number
  readonly attempt: number
}

/** Whoever ends a lease locks the worker's row before what it holds, as a rescue does. */
const LOCK_WORKER = 'select id from millhand.workers where id = $1 for update'

/** Ends a lease, in a transaction. A claim that is under way is found by the next rescue, since its worker is gone. */
export async function deregister(session: Session, worker: string, left: Set<string>): Promise<void> {
  await session.rows(LOCK_WORKER, worker)
  const held = await session.rows<HeldJob>(HELD_JOBS, worker)
  await leave(
    session,
    held.map(({ seq, epoch, attempt }) => ({ seq, worker, epoch, attempt: attempt - 1, verb: 'release' })),
    left,
  )
  await forget(session, [worker])
}

const KEEP = 'select id from millhand.workers where id = any($1::text[]) order by id for key share'

/** Lets nobody end the leases of these workers before the transaction has ended; their beats go on. */
export async function keepWorkers(session: Session, workers: readonly string[]): Promise<void> {
  if (workers.length > 0) await session.rows(KEEP, [...new Set(workers)])
}

const FORGET = `with let_go as (
    update millhand.settled set worker = null where seq = any (array(
      select seq from millhand.settled where worker = any($1::text[]) order by seq for update))
  )
  delete from millhand.workers where id = any($1::text[])`

/** Removes workers. What they still hold is rescued, since it is nobody's any more. */
export async function forget(session: Session, workers: readonly string[]): Promise<void> {
  await session.rows(FORGET, workers)
}

/** In the order of their ids, so that two who tell many do not wait for each other. */
const ORDER = `with told as (
    select id from millhand.workers where $1::text[] is null or id = any($1::text[]) order by id for update
  )
  update millhand.workers w set orders = $2 from told where w.id = told.id returning w.id`

export async function order(
  session: Session,
  ids: readonly string[] | null,
  told: WorkerOrder,
): Promise<string[]> {
  const rows = await session.rows<{ id: string }>(ORDER, ids, storedOrder(told))
  return rows.map(({ id }) => id)
}

const LIST = `select id, name, host, pid, version, names, queues, schedules, orders, ability, concurrency, lease_ms as "leaseMs",
  started_at as "startedAt", beat_at as "beatAt", lease_until as "leaseUntil",
  coalesce((select sum(cardinality(seqs))::integer from millhand.claims c where c.worker = w.id and c.begun), 0) as running,
  coalesce((select sum(cardinality(seqs))::integer from millhand.claims c where c.worker = w.id and not c.begun), 0) as held
  from millhand.workers w order by started_at, id`

export async function list(session: Session): Promise<WorkerRecord[]> {
  return (await session.rows<WorkerRow>(LIST)).map(toWorkerRecord)
}
