import { internalsOf } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import { cliError } from './errors.ts'

/** Of an id: its beginning is enough, where it is the only one. An id is longer than most people want to type. */
const PREFIX_CHARACTERS_MIN = 4
const ID_CHARACTERS = 36
/** More candidates than these are not read. */
const CANDIDATES_MAX = 10

/** What a command takes for an id, in its help. */
export const ID_DOC = "its id, the beginning of it, or 'last' for the newest job"

/** The same for several. */
export const IDS_DOC = "their ids, the beginnings of them, or 'last' for the newest job"

/**
 * The id that is meant: a whole one, the beginning of the only one that begins so, or `last`. What no id begins with is
 * given back, for the command to say what it says of a job that there is not. `command` is the one whose help is pointed to.
 *
 * @throws MillhandError `ambiguous_id`, `no_job_yet`, `usage`
 */
export async function idOf(queue: Queue, text: string, command: string): Promise<string> {
  if (text === 'last') return newest(queue)
  if (text.length >= ID_CHARACTERS) return text
  const found = await beginningWith(queue, text)
  if (found[0] === text) return text
  if (text.length < PREFIX_CHARACTERS_MIN) {
    const problem = `'${text}' is too short for an id: give its first ${PREFIX_CHARACTERS_MIN} characters at least, or 'last'`
    throw cliError('usage', { problem, command })
  }
  const [id, other] = found
  if (other !== undefined) throw await ambiguous(queue, text, found)
  return id ?? text
}

/** The same for several; each job once. */
export async function idsOf(queue: Queue, texts: readonly string[], command: string): Promise<string[]> {
  const ids: string[] = []
  for (const text of texts) ids.push(await idOf(queue, text, command))
  return [...new Set(ids)]
}

async function newest(queue: Queue): Promise<string> {
  const [job] = await queue.list({ limit: 1 })
  if (!job) throw cliError('no_job_yet', { location: queue.location })
  return job.id
}

async function ambiguous(queue: Queue, prefix: string, found: readonly string[]): Promise<Error> {
  const jobs = await Promise.all(found.slice(0, CANDIDATES_MAX).map((id) => queue.get(id)))
  const candidates = jobs.flatMap((job) => (job ? [{ id: job.id, name: job.name, state: job.state }] : []))
  return cliError('ambiguous_id', { prefix, candidates, more: found.length > CANDIDATES_MAX })
}

/** One more than is shown, so that it shows whether there are more. */
function beginningWith(queue: Queue, prefix: string): Promise<string[]> {
  return internalsOf(queue, 'millhand').store.catalog.idsFrom(prefix, CANDIDATES_MAX + 1)
}
