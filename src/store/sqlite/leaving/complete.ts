import type { Settlement } from '../../../job/outcome.ts'
import type { Connection } from '../connection.ts'
import { BEGUN, isHeldAmong } from '../holding.ts'
import { asList } from '../parameters.ts'

/** Of fewer, one by one is as fast. */
const ALIKE_MIN = 4

const COMPLETE_ALIKE = `update millhand_jobs set state = 'complete', worker = null, output = null, outcome = 'done', reason = null,
  finished_at = ?5, ${BEGUN} where ${isHeldAmong('?1', '?2', '?3')}`

/**
 * Completes jobs that have given nothing, and of which one worker says the same, by one statement for all: a statement for each
 * costs a fifth more. Gives those for which that is done; where any of a group is not held any more, nothing is done of it.
 */
export function completeAlike(
  connection: Connection,
  settlements: readonly Settlement[],
  nowMs: number,
): ReadonlySet<Settlement> {
  const done = new Set<Settlement>()
  for (const alike of groupsOf(settlements)) {
    if (alike.length >= ALIKE_MIN && isWritten(connection, alike, nowMs))
      for (const settlement of alike) done.add(settlement)
  }
  return done
}

/** Those that follow each other and are alike: what ends together was mostly claimed together, and began so. */
function groupsOf(settlements: readonly Settlement[]): Settlement[][] {
  const groups: Settlement[][] = []
  let last: Settlement | undefined
  for (const settlement of settlements) {
    if (!isPlain(settlement)) continue
    if (last && isAlike(last, settlement)) groups.at(-1)?.push(settlement)
    else groups.push([settlement])
    last = settlement
  }
  return groups
}

function isPlain({ verb, output, outcome, reason }: Settlement): boolean {
  return verb === 'complete' && output === null && outcome === 'done' && reason === null
}

function isAlike(one: Settlement, other: Settlement): boolean {
  return one.worker === other.worker && one.epoch === other.epoch && one.begunAfterMs === other.begunAfterMs
}

/** All of them, or none. */
function isWritten(connection: Connection, alike: readonly Settlement[], nowMs: number): boolean {
  const [{ worker, epoch, begunAfterMs }] = alike as readonly [Settlement]
  const seqs = asList(alike.map(({ seq }) => seq))
  connection.run('savepoint alike')
  const isWhole = connection.run(COMPLETE_ALIKE, seqs, worker, epoch, begunAfterMs, nowMs) === alike.length
  if (!isWhole) connection.run('rollback to alike')
  connection.run('release alike')
  return isWhole
}
