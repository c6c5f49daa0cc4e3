import pg from 'pg'
import { BeatClient, type BeatData } from './connection/beat-client.ts'

/**
 * What a thread beats with. It loads the driver at once, as only who has connected already begins a thread; nothing else may
 * import this module, since the driver is not installed where nobody uses PostgreSQL.
 */
export function openBeat(data: BeatData): BeatClient {
  return new BeatClient(data, pg)
}
