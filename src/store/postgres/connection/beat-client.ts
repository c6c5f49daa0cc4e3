import type { Client, ClientConfig } from 'pg'
import type { Beat } from '../../workers.ts'
import { Session } from '../session.ts'
import { extend } from '../workers.ts'
import type { Driver } from './driver.ts'
import { translate, translateConnecting } from './faults.ts'
import { CONNECT_TIMEOUT_MS } from './pool.ts'

/** What the beat thread is given to connect with. */
export interface BeatData {
  readonly config: ClientConfig
  readonly schema: string
  readonly location: string
}

/** A beat that takes longer is given up and made anew: within a lease it has to be possible more than once. */
const BEAT_TIMEOUT_MS = 3_000
const BEAT_SHARE = 0.25

/**
 * Keeps a place on the server until the thread has its own, or can be given this one. It keeps no process: a worker that is stopped
 * while a server does not answer has nobody who waits for that.
 */
export async function reserveBeat(data: BeatData, driver: Driver): Promise<() => void> {
  const client = new BeatClient(data, driver, { keepsProcess: false })
  await client.open()
  return () => void client.close()
}

/** The connection from which the lease of a worker is extended, beside the event loop and its statements. */
export class BeatClient {
  readonly #data: BeatData
  readonly #driver: Driver
  readonly #keepsProcess: boolean
  #client: Client | undefined

  constructor(data: BeatData, driver: Driver, { keepsProcess = true } = {}) {
    this.#data = data
    this.#driver = driver
    this.#keepsProcess = keepsProcess
  }

  /** Nothing is lost while it connects: it may take as long as any connection. */
  open(): Promise<void> {
    return this.#use(CONNECT_TIMEOUT_MS, async () => {})
  }

  extend(worker: string, leaseMs: number): Promise<Beat> {
    const { schema, location } = this.#data
    const answerMs = Math.min(BEAT_TIMEOUT_MS, leaseMs * BEAT_SHARE)
    const dialect = { schema, location, self: '', clock: undefined, prepares: false, answerMs }
    return this.#use(answerMs, (client) => extend(new Session(client, dialect), worker, leaseMs))
  }

  async close(): Promise<void> {
    this.#drop()
  }

  async #use<Result>(answerMs: number, use: (client: Client) => Promise<Result>): Promise<Result> {
    try {
      this.#client ??= await this.#connect(answerMs)
      return await use(this.#client)
    } catch (error) {
      this.#drop()
      throw translate(error, this.#data.location)
    }
  }

  async #connect(connectionTimeoutMillis: number): Promise<Client> {
    const made = new this.#driver.Client({
      application_name: 'millhand beat',
      ...this.#data.config,
      connectionTimeoutMillis,
    })
    made.on('error', () => this.#drop(made))
    const connected = made.connect()
    if (!this.#keepsProcess) letGoOfProcess(made)
    await connected.catch((error: unknown) => {
      throw translateConnecting(error, this.#data.location)
    })
    // With TLS it has another socket by now.
    if (!this.#keepsProcess) letGoOfProcess(made)
    return made
  }

  #drop(dropped = this.#client): void {
    dropped?.end().catch(() => {})
    // A connection that breaks late must not take along the one that has replaced it.
    if (this.#client === dropped) this.#client = undefined
  }
}

/** Its types leave out what its pool does with one that is idle. */
function letGoOfProcess(client: Client & { unref?(): void }): void {
  client.unref?.()
}
