import { expect, test } from 'vitest'
import { backoffDefaults, type Default, fixedDefaults, optionDefaults } from './reading/defaults.ts'
import { fileAt } from './reading/files.ts'

/** Numbers of the sources that are no default of anything that a user sees, by what they are instead. */
const INNER: Readonly<Record<string, readonly string[]>> = {
  'how schedules are computed': ['job/schedule-rule.ts', 'maintenance/ticker.ts'],
  'how a store works inside': [
    ...['store/memory/data/', 'store/memory/transaction.ts CALL_WAIT_MS', 'store/patience.ts TURN_MS'],
    ...['store/postgres/claim.ts', 'store/postgres/claiming/', 'store/postgres/leaving/'],
    ...['store/postgres/catalog.ts', 'store/postgres/feed.ts LOOK_AGAIN_MS', 'store/postgres/index.ts'],
    ...['store/postgres/connection/address.ts', 'store/postgres/connection/connections.ts'],
    ...['store/postgres/connection/faults.ts', 'store/postgres/connection/interrupt.ts'],
    ...[
      'job/ledger.ts',
      'store/postgres/ledger.ts',
      'store/postgres/lane-upkeep.ts',
      'store/postgres/lanes.ts',
      'store/postgres/notices.ts',
    ],
    ...['store/postgres/migrate.ts FIRST_BACKOFF_MS', 'store/postgres/migrate.ts LONGEST_BACKOFF_MS'],
    ...['store/postgres/transactions/tx.ts', 'store/sqlite/beat-thread.ts', 'store/sqlite/claiming/'],
    ...[
      'store/sqlite/access.ts',
      'store/sqlite/connection.ts',
      'store/sqlite/file/',
      'store/sqlite/lanes.ts',
      'store/sqlite/notices.ts',
      'store/sqlite/transaction.ts',
    ],
  ],
  'how a worker keeps its own times': [
    ...['maintenance/leader.ts', 'worker/beat-thread.ts', 'worker/beat.ts', 'worker/isolation.ts'],
    ...['worker/cancel-watch.ts LONG_ATTEMPT_MS', 'worker/claim-loop.ts RELEASE_WAIT_MS', 'worker/lease.ts'],
    ...['worker/hold.ts STALL_MS', 'worker/hold.ts NOTE_AFTER_MS', 'worker/prefetch.ts SHORTEST_HORIZON_MS'],
    ...['worker/prefetch.ts LONGEST_HORIZON_MS', 'worker/reach-wait.ts', 'worker/settler.ts DOUBT_MS'],
  ],
  'what stands on a screen': ['cli/dev/newest-error.ts', 'cli/job-id.ts ID_CHARACTERS'],
  'how pages are read': [
    ...['queue/filter.ts ID_CHARACTERS_MAX', 'queue/pages.ts', 'queue/subscribe.ts RENEW_MS'],
    ...['queue/subscribe.ts READ_MAX', 'worker/reporter.ts'],
  ],
  'how a value is shown in a message or on a screen': [
    ...['cli/dev/develop.ts', 'cli/dev/view.ts', 'cli/doctor/postgres/privileges.ts', 'cli/json-text.ts'],
    ...['cli/table.ts', 'cli/tell.ts', 'job/schema.ts', 'job/showable.ts', 'kit/error.ts', 'kit/hint.ts'],
    ...['kit/mask.ts', 'kit/secrets.ts', 'kit/suggest.ts', 'testing/crash/shown.ts'],
  ],
  'what a machine, or a time, can hold': ['job/stored.ts', 'kit/clock.ts', 'kit/duration.ts'],
  'how a command blocks or gives way': ['cli/database.ts', 'kit/turn.ts', 'kit/virtual-clock.ts'],
  'the default of an option, which has a row': [
    ...['job/interruption.ts', 'job/limits.ts PENDING_MAX', 'store/opening.ts'],
  ],
}

const inner = Object.values(INNER).flat()
const fixed = fixedDefaults()
const options = [...optionDefaults(), ...backoffDefaults()]
const rows = rowsOf(fileAt('docs/defaults.md').text)

test('docs/defaults.md has every default and every limit, once', () => {
  const needed = [...options, ...fixed.filter(({ hasUnit, ...each }) => hasUnit && !isInner(each))]
  expect(needed.map(({ where }) => where).filter((where) => !rows.has(where))).toEqual([])
})

test('each row of docs/defaults.md says what the code says', () => {
  const known = new Map([...options, ...fixed].map((each) => [each.where, each]))
  const wrong = [...rows].flatMap(([where, row]) => {
    const code = known.get(where)
    return code && agree(code, row) ? [] : [`${where}: ${row.value} | ${row.limits}, expected ${shown(code)}`]
  })
  expect(wrong).toEqual([])
})

test('what is left out of docs/defaults.md is there, and has no row', () => {
  const stale = inner.filter(
    (entry) => !fixed.some((each) => isNamedBy(entry, each) && each.hasUnit && !rows.has(each.where)),
  )
  expect(stale).toEqual([])
})

interface Row {
  readonly value: string
  readonly limits: string
}

/** The rows of the table by their last cell. A row that stands twice is one too many. */
function rowsOf(text: string): Map<string, Row> {
  const found = new Map<string, Row>()
  const lines = text.split('\n').filter((line) => /^\| [^*-](.*\|){4}$/.test(line))
  for (const line of lines.slice(1)) {
    const [, , value = '', limits = '', where = ''] = line.split('|').map((cell) => cell.trim())
    if (found.has(where)) throw new Error(`docs/defaults.md has ${where} twice`)
    found.set(where, { value, limits })
  }
  return found
}

/** A default that the code does not have is told in words: nothing that could be taken for one of its values. */
function agree(code: Default, row: Row): boolean {
  const valueFits = code.value === undefined ? /^[a-z]|^`\w+`'s$/.test(row.value) : row.value === code.value
  return valueFits && (code.limits === undefined || code.limits === '' || row.limits === code.limits)
}

function shown(code: Default | undefined): string {
  return code
    ? `${code.value ?? 'words'} | ${code.limits ?? 'words'}`
    : 'no such row: the code has no such default'
}

function isInner(constant: { readonly path: string; readonly name: string }): boolean {
  return inner.some((entry) => isNamedBy(entry, constant))
}

function isNamedBy(entry: string, { path, name }: { readonly path: string; readonly name: string }): boolean {
  return entry === path || entry === `${path} ${name}` || (entry.endsWith('/') && path.startsWith(entry))
}
