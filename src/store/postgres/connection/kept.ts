import type { ClientBase } from 'pg'
import { TransientError } from '../../errors.ts'
import { Turns } from '../../turns.ts'

/** What the clients of `pg` can, though its types do not say so: whether an open connection keeps the process. */
interface Holding {
  ref?(): void
  unref?(): void
}

/**
 * A connection that a process does not give back while it is whole: it is notified on it, and may use it for more. It
 * keeps the process only while it is used: whoever waits to be notified has a timer besides.
 */
export class Kept<Client extends ClientBase = ClientBase> {
  readonly client: Client
  readonly #turns = new Turns(1)
  readonly #onClose: () => void
  #taken = 0
  #open = true

  /** `onClose` is called once, when the connection is broken or is closed. */
  constructor(client: Client, onClose: () => void) {
    this.client = client
    this.#onClose = onClose
    client.on('error', () => this.close())
    client.on('end', () => this.close())
    this.#hold(false)
  }

  /** Whether nobody uses it or waits for it. */
  get isFree(): boolean {
    return this.#open && this.#taken === 0
  }

  /** Whoever takes it has it alone, one after the other. */
  async take<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
    this.#taken += 1
    this.#hold(true)
    try {
      return await this.#turns.take(() => {
        if (this.#open) return work(this.client)
        throw new TransientError('the connection broke while it was waited for', { away: true })
      })
    } finally {
      this.#taken -= 1
      if (this.#taken === 0) this.#hold(false)
    }
  }

  /** It is of no use any more, to nobody. */
  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#onClose()
  }

  #hold(holds: boolean): void {
    const client: ClientBase & Holding = this.client
    if (holds) client.ref?.()
    else client.unref?.()
  }
}
