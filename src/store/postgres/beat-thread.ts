import pg, { type ClientConfig } from 'pg'
import type { Beat } from '../workers.ts'
import { Session } from './session.ts'
import { extend } from './workers.ts'

/** What the beat thread is given to connect with. */
export interface BeatData {
  readonly config: ClientConfig
  readonly schema: string
  readonly location: string
}

/** A beat that takes longer is given up and made anew: within a lease it has to be possible more than once. */
const BEAT_TIMEOUT_MS = 3_000
const BEAT_SHARE = 0.25

/** The connection from which a thread beats the lease of a worker, beside the event loop and its statements. */
export function openBeat({ config, schema, location }: BeatData): {
  extend: (worker: string, leaseMs: number) => Promise<Beat>
  close: () => Promise<void>
} {
  const dialect = { schema, location, self: '', clock: undefined, prepares: false, answerMs: BEAT_TIMEOUT_MS }
  let client: pg.Client | undefined
  const drop = (dropped = client) => {
    dropped?.end().catch(() => {})
    // A connection that breaks late must not take along the one that has replaced it.
    if (client === dropped) client = undefined
  }
  const connect = async (connectionTimeoutMillis: number): Promise<pg.Client> => {
    const made = new pg.Client({
      application_name: 'millhand beat',
      ...config,
      connectionTimeoutMillis,
    })
    made.on('error', () => drop(made))
    await made.connect()
    return made
  }
  return {
    async extend(worker, leaseMs) {
      try {
        const answerMs = Math.min(BEAT_TIMEOUT_MS, leaseMs * BEAT_SHARE)
        client ??= await connect(answerMs)
        return await extend(new Session(client, { ...dialect, answerMs }), worker, leaseMs)
      } catch (error) {
        drop()
        throw error
      }
    },
    close: async () => drop(),
  }
}
