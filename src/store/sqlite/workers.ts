import type { JobRecord } from '../../job/job.ts'
import { readOrder, storedOrder, type WorkerOrder } from '../../job/orders.ts'
import { storedAbility, toWorkerRecord, type WorkerRow } from '../worker-row.ts'
import type { Beat, CancelNotice, NewWorker, WorkerRecord } from '../workers.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { anchorHolds, anchorValues } from './file/anchor.ts'
import type { KnownTime } from './file/store-time.ts'
import { leaveGates } from './gates.ts'
import { goBack, putBack } from './pending.ts'

const REGISTER = `insert or replace into millhand_workers (id, name, host, pid, version, names, queues, concurrency,
  lease_ms, started_at, beat_at, lease_until, schedules, orders, ability) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

export function register(connection: Connection, worker: NewWorker, nowMs: number): void {
  const { id, name, host, pid, version, concurrency, leaseMs } = worker
  const names = worker.names === null ? null : JSON.stringify(worker.names)
  const queues = worker.queues === null ? null : JSON.stringify(worker.queues)
  const schedules = worker.schedules ? JSON.stringify(worker.schedules) : null
  const orders = storedOrder(worker.order)
  const times = [leaseMs, nowMs, nowMs, nowMs + leaseMs] as const
  connection.run(
    REGISTER,
    id,
    name,
    host,
    pid,
    version,
    names,
    queues,
    concurrency,
    ...times,
    schedules,
    orders,
    storedAbility(worker.ability),
  )
}

/** One statement, so that an idle worker's beat is no more than that. */
const EXTEND = `update millhand_workers set beat_at = ?1, lease_until = ?2 where id = ?3 and ${anchorHolds(4)} returning orders,
  exists (select 1 from millhand_jobs where worker = millhand_workers.id and state = 'cancelled') as cancelled`

const CANCELLED_JOBS = `select seq, id, epoch, coalesce(reason, '') as reason from millhand_jobs
  where worker = ? and state = 'cancelled'`

export interface Lease {
  readonly id: string
  readonly leaseMs: number
}

/** The beat. A lease that has lapsed can be saved as long as nobody has rescued its jobs: then the row is gone. */
export function extend(connection: Connection, lease: Lease, nowMs: number): Beat {
  return extendAsKnown(connection, lease, { nowMs, anchor: undefined }) ?? LOST
}

const LOST: Beat = { lost: true, order: 'run', cancelled: [] }

/** The same, without a transaction around it. `undefined`: the lease is lost, or the time is another one. */
export function extendAsKnown(connection: Connection, lease: Lease, time: KnownTime): Beat | undefined {
  const { nowMs, anchor } = time
  const values = [nowMs, nowMs + lease.leaseMs, lease.id, ...anchorValues(anchor)]
  const [row] = connection.all<{ cancelled: number; orders: string | null }>(EXTEND, ...values)
  if (!row) return undefined
  const cancelled = row.cancelled ? connection.all<CancelNotice>(CANCELLED_JOBS, lease.id) : []
  return { lost: false, order: readOrder(row.orders), cancelled }
}

const HELD_JOBS =
  'select seq, worker, epoch, attempt from millhand_jobs where worker = ? and finished_at is null'

type HeldJob = Pick<JobRecord, 'seq' | 'epoch' | 'attempt'> & { readonly worker: string }

const FORGET_CANCELLED = "update millhand_jobs set worker = null where worker = ? and state = 'cancelled'"

const DEREGISTER = 'delete from millhand_workers where id = ?'

export function deregister(connection: Connection, worker: string, nowMs: number): void {
  const held = connection.all<HeldJob>(HELD_JOBS, worker)
  const released = { verb: 'release', errors: null, begunAfterMs: null } as const
  for (const job of held) goBack(connection, { ...job, ...released, attempt: job.attempt - 1 }, nowMs)
  const seqs = held.map((job) => job.seq)
  putBack(connection, seqs, nowMs)
  leaveGates(connection, seqs, nowMs)
  recordChanges(connection, { verb: 'release', nowMs }, seqs)
  connection.run(FORGET_CANCELLED, worker)
  connection.run(DEREGISTER, worker)
}

const ORDER =
  'update millhand_workers set orders = ? where id in (select value from json_each(?)) returning id'
const ORDER_ALL = 'update millhand_workers set orders = ? returning id'

export function order(connection: Connection, ids: readonly string[] | null, told: WorkerOrder): string[] {
  const orders = storedOrder(told)
  const rows =
    ids === null
      ? connection.all<{ id: string }>(ORDER_ALL, orders)
      : connection.all<{ id: string }>(ORDER, orders, JSON.stringify(ids))
  return rows.map(({ id }) => id)
}

const LIST = `select id, name, host, pid, version, names, queues, schedules, orders, ability, concurrency, lease_ms as leaseMs,
  started_at as startedAt, beat_at as beatAt, lease_until as leaseUntil,
  (select count(*) from millhand_jobs where worker = millhand_workers.id and state = 'running') as running,
  (select count(*) from millhand_jobs where worker = millhand_workers.id and state = 'pending') as held
  from millhand_workers order by started_at, id`

export function list(connection: Connection): WorkerRecord[] {
  return connection.all<WorkerRow>(LIST).map(toWorkerRecord)
}
