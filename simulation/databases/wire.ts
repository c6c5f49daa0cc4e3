import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Line } from '../database.ts'

const HOST = '127.0.0.1'

/** The line of one process to the server, which can break while an answer is on its way. */
export class Wire implements Line {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  lost = 0
  /** Answers that still arrive before one is lost; `undefined`: all of them do. */
  #left: number | undefined

  private constructor({ port, hostname }: URL) {
    this.#server = createServer((near) => this.#join(near, connect(Number(port), hostname)))
  }

  static async open(to: URL): Promise<Wire> {
    const wire = new Wire(to)
    wire.#server.listen(0, HOST)
    await once(wire.#server, 'listening')
    return wire
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  loseAnswer(after: number): void {
    this.#left = after
  }

  arrive(): void {
    this.#left = undefined
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(near: Socket, far: Socket): void {
    near.on('data', (data) => far.write(data))
    far.on('data', (data) => {
      if (this.#isLost()) near.destroy()
      else near.write(data)
    })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }

  #isLost(): boolean {
    if (this.#left === undefined) return false
    this.#left -= 1
    if (this.#left >= 0) return false
    this.arrive()
    this.lost += 1
    return true
  }
}
