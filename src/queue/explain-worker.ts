import { isOfVersion, lacking, requirementsText, UNABLE } from '../job/requirements.ts'
import type { WorkerRecord } from '../store/workers.ts'
import type { Reason } from './reason.ts'
import { handles, lacks, type Place, serves, servesQueue, type Workers } from './serving.ts'

type Around = Workers & { readonly job: Place }

/** Workers that are named of those who lack least. */
const NEAREST_SHOWN = 3

/** That no live worker takes the job: nobody handles it where it is, or nobody has what it requires. */
export function noWorker(situation: Around): Reason {
  const { job, nowMs, workers } = situation
  const handling = workers.filter(
    (worker) => worker.leaseUntil > nowMs && handles(worker, job) && servesQueue(worker, job),
  )
  return handling.length > 0 ? nobodyAble(situation, handling) : nobodyHandling(situation)
}

function nobodyAble({ job }: Around, handling: readonly WorkerRecord[]): Reason {
  const required = requirementsText('job', job.requires ?? [])
  const nearest = handling
    .map((worker) => ({ worker, missing: lacks(worker, job) }))
    .sort((one, other) => one.missing.length - other.missing.length)
    .slice(0, NEAREST_SHOWN)
  const told = nearest.map(
    ({ worker, missing }) =>
      `${worker.name} (${worker.id}) lacks ${missing.map((word) => inWords(word, worker)).join(', ')}`,
  )
  const [first] = nearest
  const missing = first?.missing ?? []
  return {
    code: 'no_capable_worker',
    text: `no live worker has what it requires, ${lacking(required, UNABLE).join(', ')}: ${told.join('; ')}`,
    mend: `start one that ${whatIsNeeded(missing)}, or enqueue it anew with fewer 'requires'`,
    facts: {
      requires: required,
      workers: handling.length,
      nearest: first?.worker.id ?? null,
      missing: missing.join(' '),
    },
  }
}

/** What the nearest one lacks: how a worker is given that. */
function whatIsNeeded(missing: readonly string[]): string {
  const ofVersion = missing.some(isOfVersion) && 'is of that version (worker.version of its configuration)'
  const able = !missing.every(isOfVersion) && 'has it (millhand work --capabilities)'
  return [able, ofVersion].filter((part) => part !== false).join(' and ')
}

function inWords(word: string, { ability = UNABLE }: WorkerRecord): string {
  if (!isOfVersion(word)) return word
  return `${word} (${ability.version === null ? 'it says none' : `it is ${ability.version}`})`
}

function nobodyHandling({ job, nowMs, workers }: Around): Reason {
  const { name, queue } = job
  const live = workers.filter(({ leaseUntil }) => leaseUntil > nowMs)
  const silent = workers.filter((worker) => worker.leaseUntil <= nowMs && serves(worker, job)).length
  const handling = live.filter((worker) => handles(worker, job)).length
  const serving = live.filter((worker) => servesQueue(worker, job)).length
  return {
    code: 'no_worker',
    text: `no live worker handles '${name}' in queue '${queue}'`,
    mend: mendNoWorker({ name, queue, live: live.length, silent, handling, serving }),
    facts: { name, queue, workers: workers.length, silent, handling, serving },
  }
}

interface NoWorker {
  readonly name: string
  readonly queue: string
  readonly live: number
  readonly silent: number
  readonly handling: number
  readonly serving: number
}

function mendNoWorker({ name, queue, live, silent, handling, serving }: NoWorker): string {
  if (silent > 0) return `${silent} that did have not been heard of within their lease: start them again`
  if (live === 0) return 'none is live at all: start one (millhand work)'
  if (handling > 0)
    return `${handling} handle it in other queues: start one for '${queue}' (millhand work --queues)`
  if (serving > 0)
    return `${serving} serve the queue: give one of them a handler of '${name}', or one that has it a role with that name`
  return `start one that has a handler of '${name}' and serves '${queue}'`
}
