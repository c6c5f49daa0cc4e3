import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue } from 'millhand'
import type { Crew } from './crew.ts'
import type { Found } from './enqueue.ts'
import { indexFile } from './jobs.ts'
import type { Member } from './member.ts'
import type { Screen, Status } from './screen.ts'
import { grouped, plural, printable, seconds } from './wording.ts'

export interface Watched {
  queue: Queue
  crew: Crew
  screen: Screen
  found: Found
  signal: AbortSignal
}

/** How often the store is asked; with very many jobs less often, so that asking takes a fifth of the time at most. */
const LOOK_MS = 50
const LOOK_SHARE = 0.2

/** Draws how far the jobs are, until all of them are settled, and has a worker killed when half of them are. */
export async function untilSettled(watched: Watched): Promise<void> {
  const { queue, crew, screen, found, signal } = watched
  let victim: Member | undefined
  for (;;) {
    const startMs = performance.now()
    // Read before the count: what is enqueued between the two is counted as open and not yet as enqueued.
    const { jobs, complete } = found
    const open = await queue.count({ name: indexFile.name, state: ['pending', 'running'] })
    const settled = Math.max(0, jobs - open)
    screen.draw(statusOf(watched, settled))
    if (complete && open === 0) return
    if (complete && !victim && settled * 2 >= jobs) {
      victim = crew.busiest()
      if (victim) void kill(victim, watched).catch((error: unknown) => screen.say(String(error)))
    }
    const tookMs = performance.now() - startMs
    const pauseMs = Math.max(LOOK_MS, tookMs / LOOK_SHARE - tookMs)
    await sleep(pauseMs, undefined, { signal })
    if (crew.failure) throw crew.failure
  }
}

/** Kills the worker that is in the middle of the most jobs, and says what the store knows of it. */
async function kill(victim: Member, { queue, crew, screen }: Watched): Promise<void> {
  const path = printable(basename(await victim.killInJob()))
  crew.keepAlive()
  screen.say(
    screen.bold(`Worker ${victim.number} (process ${victim.pid}) is killed with SIGKILL, on purpose,`),
  )
  const record = (await queue.workers()).find((worker) => worker.pid === victim.pid)
  const held = plural(record?.running ?? 0, 'job')
  const lease = seconds(record?.leaseMs ?? 0)
  screen.say(
    `in the middle of '${path}'. It held ${held}, which run again when its lease of ${lease} has lapsed.`,
  )
}

function statusOf({ crew, found }: Watched, settled: number): Status {
  const { jobs, complete } = found
  const workers = crew.members.map(lineOf)
  if (!complete) return { fraction: undefined, headline: `${plural(found.files, 'file')} found`, workers }
  const fraction = jobs === 0 ? 1 : settled / jobs
  const percent = `${Math.floor(fraction * 100)} %`.padStart(5)
  return { fraction, headline: `${percent}  ${grouped(settled)} of ${plural(jobs, 'job')}`, workers }
}

function lineOf(member: Member): string {
  const done = `${grouped(member.done)} done`.padStart(12)
  return `worker ${member.number}  ${done}  ${doingOf(member)}`
}

function doingOf(member: Member): string {
  if (member.state === 'killed') return 'killed; what it held waits until its lease has lapsed'
  if (member.state === 'rescued') return 'killed; what it held was rescued'
  if (member.state === 'starting' || member.state === 'ready') return 'starting'
  if (member.state === 'gone') return 'gone'
  return member.doing === undefined ? 'idle' : printable(basename(member.doing))
}
