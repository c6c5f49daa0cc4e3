import { AssertionError } from 'node:assert'
import type { Difference } from './end-state.ts'
import { shown } from './shown.ts'
import type { Finding } from './sweep.ts'

type Part = Difference['part']

/** Places that a message lists for each part. */
const LISTED = 5

const TITLES: Readonly<Record<Part, string>> = {
  state: "What 'state' gave",
  enqueued: 'What else is in the queue',
  job: 'How the job ended',
}

const ADVICE: Readonly<Record<Part, string>> = {
  state:
    'What must not happen twice belongs into ctx.transaction where it is in the same database. Elsewhere tell it apart by ' +
    'ctx.job.id, which is the same in every attempt: as a unique key, or as the idempotency key of the other side. After ' +
    'a long step save a ctx.checkpoint, and begin at ctx.checkpointed. Mark nothing as done before it is.',
  enqueued:
    'Enqueue it in ctx.transaction with { tx }: then it is there if, and only if, the job is complete. Or give it a key ' +
    'made of ctx.job.id, which keeps a second one out until the first has ended.',
  job: 'An attempt has to be able to begin where one that crashed has already been.',
}

interface Swept {
  readonly name: string
  readonly crashes: number
  readonly findings: readonly Finding[]
}

/** What is thrown where the ends differ. A test runner shows `actual` and `expected` of the first one itself. */
export function complaintOf(
  { name, crashes, findings }: Swept,
  from: (...given: never) => unknown,
): AssertionError {
  const [first] = findings.flatMap(({ differences }) => differences)
  const title = `After ${findings.length} of ${crashes} crashes '${name}' did not come to the end that it comes to without one.`
  return new AssertionError({
    message: [title, ...(Object.keys(TITLES) as Part[]).flatMap((part) => shownPart(part, findings))].join(
      '\n',
    ),
    actual: first?.actual,
    expected: first?.expected,
    operator: 'crashSweep',
    stackStartFn: from,
  })
}

/** The first difference in full, and where there are others. */
function shownPart(part: Part, findings: readonly Finding[]): string[] {
  const differing = findings.filter(({ differences }) => differences.some((each) => each.part === part))
  const first = differing[0]?.differences.find((each) => each.part === part)
  if (!first) return []
  const more = differing.length - LISTED
  return [
    '',
    `${TITLES[part]} was`,
    `  ${shown(first.actual)}`,
    'instead of',
    `  ${shown(first.expected)}`,
    'with a crash',
    ...differing.slice(0, LISTED).map((finding) => `  ${placeOf(finding)}`),
    ...(more > 0 ? [`  and in ${more} more`] : []),
    ADVICE[part],
  ]
}

function placeOf({ call, what, moment }: Finding): string {
  const named = `call ${call + 1}, ${what}`
  return moment === 'before' ? `before ${named}` : `after ${named}, whose answer was lost`
}
