import { systemClock } from '../../../kit/clock.ts'
import { formatDuration } from '../../../kit/duration.ts'
import type { Session } from '../../../store/postgres/session.ts'
import { type Finding, ok, warn } from '../finding.ts'

/** Less cannot be told from the time that the answer took on a slow network. */
const CLOCK_OFF_MS = 2_000

/** Whether the server's clock and this machine's agree. */
export async function examineClock(session: Session): Promise<Finding> {
  const askedAtMs = systemClock.now()
  const [row] = await session.rows<{ now: number }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  )
  const answeredAtMs = systemClock.now()
  return checkClock(Math.round((row?.now ?? askedAtMs) - (askedAtMs + answeredAtMs) / 2))
}

/** Leases and retries go by the server's clock alone; `runAt`, and the ages in lists, by this machine's too. */
export function checkClock(offMs: number): Finding {
  const off = Math.abs(offMs)
  if (off <= CLOCK_OFF_MS) return ok('clock', "the server's clock agrees with this machine's")
  const text = `the server's clock is ${formatDuration(off)} ${offMs > 0 ? 'ahead of' : 'behind'} this machine's`
  return warn('clock', text, "Let NTP set both: a job with 'runAt' is due when the server's clock says so.")
}
