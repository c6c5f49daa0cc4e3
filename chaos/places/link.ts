import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { sleep, systemClock } from '../../src/kit/clock.ts'

const HOST = '127.0.0.1'

type State =
  | 'whole'
  /** Connections break, and no new ones are made. */
  | 'cut'
  /** Nothing gets through, and nobody is told: neither end hears of the other's end. */
  | 'swallows'

interface Pair {
  readonly inner: Socket
  readonly outer: Socket
  /** Something was swallowed of it. */
  broken: boolean
}

/** The network between a process and the server. */
export class Link {
  readonly port: number
  readonly #server: Server
  readonly #target: number
  readonly #pairs = new Set<Pair>()
  #state: State = 'whole'
  #delayMs = 0

  private constructor(server: Server, target: number) {
    this.#server = server
    this.#target = target
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (outer) => this.#connect(outer))
  }

  static async to(target: number): Promise<Link> {
    const server = createServer({ allowHalfOpen: false }).listen(0, HOST)
    await once(server, 'listening')
    return new Link(server, target)
  }

  async cutFor(forMs: number): Promise<void> {
    this.#state = 'cut'
    this.#breakAll(() => true)
    await sleep(systemClock, forMs)
    this.#state = 'whole'
  }

  async slowFor(forMs: number, delayMs: number): Promise<void> {
    this.#delayMs = delayMs
    await sleep(systemClock, forMs)
    this.#delayMs = 0
  }

  /** When it is over, what had got stuck is found to be broken. */
  async swallowFor(forMs: number): Promise<void> {
    this.#state = 'swallows'
    await sleep(systemClock, forMs)
    this.#state = 'whole'
    this.#breakAll(({ broken }) => broken)
  }

  close(): void {
    this.#server.close()
    this.#breakAll(() => true)
  }

  #connect(outer: Socket): void {
    outer.on('error', () => {})
    if (this.#state === 'cut') return void outer.destroy()
    const inner = connect(this.#target, HOST)
    inner.on('error', () => {})
    const pair: Pair = { inner, outer, broken: this.#state === 'swallows' }
    this.#pairs.add(pair)
    void this.#pass(pair, outer, inner)
    void this.#pass(pair, inner, outer)
  }

  /** What comes from one end goes to the other, in its order. */
  async #pass(pair: Pair, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const data of from) {
        if (this.#delayMs > 0) await sleep(systemClock, this.#delayMs)
        if (this.#gets(pair)) to.write(data)
      }
    } catch {
      // It broke: that is an end as well.
    }
    if (!this.#gets(pair)) return
    to.end()
    this.#pairs.delete(pair)
  }

  /** Whether anything gets through between these two. */
  #gets(pair: Pair): boolean {
    if (this.#state === 'swallows') pair.broken = true
    return !pair.broken
  }

  #breakAll(isMeant: (pair: Pair) => boolean): void {
    for (const pair of this.#pairs) {
      if (!isMeant(pair)) continue
      pair.inner.destroy()
      pair.outer.destroy()
      this.#pairs.delete(pair)
    }
  }
}
