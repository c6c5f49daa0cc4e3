import { LOG_LINES_MAX } from '../../job/limits.ts'
import type { LogLine, Report, Settled } from '../jobs.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { isHeldBy } from './holding.ts'

const FENCE = isHeldBy('?', '?', '?')

const HELD = `select 1 from millhand_jobs where ${FENCE}`

const CANCELLED =
  "select 1 from millhand_jobs where seq = ? and state = 'cancelled' and worker = ? and epoch = ?"

const PROGRESS = `update millhand_jobs set progress = ? where ${FENCE}`

const CHECKPOINT = `update millhand_jobs set checkpoint = ? where ${FENCE}`

const LOG = 'insert into millhand_logs (job, at, level, message, data) values (?, ?, ?, ?, ?)'

const TRIM = `delete from millhand_logs where job = ?1 and seq <=
  (select seq from millhand_logs where job = ?1 order by seq desc limit 1 offset ?2)`

/** Writes what jobs tell of themselves, running or held, inside the caller's transaction. */
export function report(connection: Connection, reports: readonly Report[], nowMs: number): Settled[] {
  return reports.map((each) => {
    const { seq, worker, epoch } = each
    if (!connection.get(HELD, seq, worker, epoch)) {
      return connection.get(CANCELLED, seq, worker, epoch) ? 'cancelled' : 'refused'
    }
    if (each.progress !== undefined) {
      connection.run(PROGRESS, JSON.stringify(each.progress), seq, worker, epoch)
      recordChanges(connection, { verb: 'progress', nowMs }, [seq])
    }
    if (each.checkpoint !== undefined) {
      connection.run(CHECKPOINT, each.checkpoint, seq, worker, epoch)
      recordChanges(connection, { verb: 'checkpoint', nowMs }, [seq])
    }
    if (each.logs?.length) appendLogs(connection, seq, each.logs)
    return 'settled'
  })
}

function appendLogs(connection: Connection, seq: number, lines: readonly LogLine[]): void {
  for (const line of lines.slice(-LOG_LINES_MAX)) {
    connection.run(LOG, seq, line.at, line.level, line.message, line.data)
  }
  connection.run(TRIM, seq, LOG_LINES_MAX)
}
