import { nameMatcher } from '../../../job/handled-names.ts'
import { readLaneName } from '../../../job/lane-name.ts'
import { isAble, requirementMatcher } from '../../../job/requirements.ts'
import type { ClaimRequest, Served } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { type CLASSES, REQUIRING_ALONE, REQUIRING_CLASS, TURN } from './lane-of-job.ts'

/** Whether anything of a class that only able workers look at may be theirs. */
export function isCapable({ ability }: Served): boolean {
  return ability !== undefined && isAble(ability)
}

interface LaneRow {
  readonly id: number
  readonly queue: string
  readonly name: string
}

const lanesOf = (ready: string) => `with recursive present as (
    (select lane from millhand.pending where ${ready} order by lane limit 1)
    union all
    select (select p.lane from millhand.pending p where ${ready} and p.lane > n.lane order by p.lane limit 1)
      from present n where n.lane is not null
  )
  select l.id, l.queue, l.name from present n
  cross join lateral (select * from millhand.lanes where id = n.lane limit 1) l`

const LANES = {
  [REQUIRING_CLASS]: lanesOf(`waits = 1 and class = ${REQUIRING_CLASS}`),
  [REQUIRING_ALONE]: lanesOf(`waits = 1 and class = ${REQUIRING_ALONE}`),
  [TURN]: lanesOf(`waits = 1 and class = ${TURN}`),
}

/**
 * The lanes in which something is ready that requires what the worker is able to do, by going through the index from one lane to
 * the next. A version may be a range, which the server does not know how to compare.
 */
export async function lanesFor(
  session: Session,
  served: Served,
  kind: keyof typeof LANES,
): Promise<number[]> {
  if (!isCapable(served)) return []
  const rows = await session.rows<LaneRow>(LANES[kind])
  const [handles, meets] = [nameMatcher(served.names), requirementMatcher(served.ability)]
  const fits = ({ queue, name: named }: LaneRow) => {
    const { name, requirements } = readLaneName(named)
    return (served.queues?.includes(queue) ?? true) && handles(name) && meets(requirements)
  }
  return rows.filter(fits).map(({ id }) => id)
}

/** Lanes of a class to look into; `null`: those that are served. */
export interface LanesOfClass {
  readonly class: (typeof CLASSES)[number]
  readonly lanes: readonly number[] | null
}

/** Those of jobs that require something; of those that run alone as well, where the worker has nothing else. */
export async function requiringLanes(session: Session, request: ClaimRequest): Promise<LanesOfClass[]> {
  const kinds = request.takesAlone
    ? ([REQUIRING_CLASS, REQUIRING_ALONE] as const)
    : ([REQUIRING_CLASS] as const)
  const found: LanesOfClass[] = []
  for (const kind of kinds) {
    const lanes = await lanesFor(session, request, kind)
    if (lanes.length > 0) found.push({ class: kind, lanes })
  }
  return found
}
