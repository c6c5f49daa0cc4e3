import { nameMatcher } from '../../../job/handled-names.ts'
import { readLaneName } from '../../../job/lane-name.ts'
import { isAble, requirementMatcher } from '../../../job/requirements.ts'
import type { Served } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { REQUIRING_CLASS } from './lane-of-job.ts'

/** Whether anything of a class that only able workers look at may be theirs. */
export function isCapable({ ability }: Served): boolean {
  return ability !== undefined && isAble(ability)
}

interface LaneRow {
  readonly id: number
  readonly queue: string
  readonly name: string
}

const lanesWith = (condition: string) => `with recursive present as (
    (select lane from millhand.pending where ${condition} order by lane limit 1)
    union all
    select (select p.lane from millhand.pending p where ${condition} and p.lane > n.lane order by p.lane limit 1)
      from present n where n.lane is not null
  )
  select l.id, l.queue, l.name from present n
  cross join lateral (select * from millhand.lanes where id = n.lane limit 1) l`

const READY = `waits = 1 and class = ${REQUIRING_CLASS}`
const LANES = lanesWith(READY)
const LANES_ALONE = lanesWith(`${READY} and care = 2`)

/**
 * The lanes in which something is ready that requires what the worker is able to do, by going through the index from one lane to
 * the next. A version may be a range, which the server does not know how to compare.
 */
export async function lanesFor(
  session: Session,
  served: Served,
  { alone = false }: { readonly alone?: boolean } = {},
): Promise<number[]> {
  if (!isCapable(served)) return []
  const rows = await session.rows<LaneRow>(alone ? LANES_ALONE : LANES)
  const [handles, meets] = [nameMatcher(served.names), requirementMatcher(served.ability)]
  const fits = ({ queue, name: named }: LaneRow) => {
    const { name, requirements } = readLaneName(named)
    return (served.queues?.includes(queue) ?? true) && handles(name) && meets(requirements)
  }
  return rows.filter(fits).map(({ id }) => id)
}
