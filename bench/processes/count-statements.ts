/**
 * Loaded into every thread of a process before its program, the one that beats the lease included: by `node --require`, since a
 * thread that is given its program as a text takes no notice of `--import`. Counts what each asks of SQLite and of PostgreSQL,
 * and answers 'count' with the sum.
 */
import { DatabaseSync, StatementSync } from 'node:sqlite'
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads'
import pg from 'pg'
import { onMessage, tell } from './parent.ts'

export interface Statements {
  readonly kind: 'statements'
  readonly statements: number
  readonly transactions: number
}

const KEY = 'bench.statements'
const STATEMENTS = 0
const TRANSACTIONS = 1

const counts = isMainThread
  ? new Int32Array(new SharedArrayBuffer(8))
  : (getEnvironmentData(KEY) as Int32Array)
if (isMainThread) {
  setEnvironmentData(KEY, counts)
  onMessage('count', () => {
    const [statements = 0, transactions = 0] = counts
    tell({ kind: 'statements', statements, transactions } as Statements)
  })
}

for (const method of ['run', 'get', 'all', 'iterate'] as const) {
  const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown
  Object.assign(StatementSync.prototype, {
    [method](this: StatementSync, ...values: unknown[]) {
      count(this.sourceSQL)
      return original.apply(this, values)
    },
  })
}

const exec = DatabaseSync.prototype.exec
DatabaseSync.prototype.exec = function counted(sql) {
  count(sql)
  return exec.call(this, sql)
}

const query = pg.Client.prototype.query as (...given: unknown[]) => unknown
Object.assign(pg.Client.prototype, {
  query(this: pg.Client, ...given: unknown[]) {
    const [first] = given as [string | { readonly text?: string }]
    count(typeof first === 'string' ? first : (first.text ?? ''))
    return query.apply(this, given)
  },
})

function count(sql: string): void {
  Atomics.add(counts, STATEMENTS, 1)
  if (/^\s*begin\b/i.test(sql)) Atomics.add(counts, TRANSACTIONS, 1)
}
