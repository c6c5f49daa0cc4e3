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

/** A beat that takes longer is given up and made anew: the lease is three of them long. */
const BEAT_TIMEOUT_MS = 3_000

/** The connection from which a thread beats the lease of a worker, beside the event loop and its statements. */
export function openBeat({ config, schema, location }: BeatData): {
  extend: (worker: string, leaseMs: number) => Promise<Beat>
  close: () => Promise<void>
} {
  const dialect = { schema, location, self: '', clock: undefined, prepares: false }
  let client: pg.Client | undefined
  const drop = () => {
    client?.end().catch(() => {})
    client = undefined
  }
  const connect = async (): Promise<pg.Client> => {
    const made = new pg.Client({
      connectionTimeoutMillis: BEAT_TIMEOUT_MS,
      query_timeout: BEAT_TIMEOUT_MS,
      application_name: 'millhand beat',
      ...config,
    })
    made.on('error', drop)
    await made.connect()
    return made
  }
  return {
    async extend(worker, leaseMs) {
      try {
        client ??= await connect()
        return await extend(new Session(client, dialect), worker, leaseMs)
      } catch (error) {
        drop()
        throw error
      }
    },
    close: async () => drop(),
  }
}
