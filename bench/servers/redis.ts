import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { within } from '../measure.ts'
import { Folder } from './folder.ts'
import { freePort, HOST } from './port.ts'

const PROGRAM = 'redis-server'
/** As BullMQ advises: what was acknowledged a second ago survives a power cut; nothing is evicted. */
const SETTINGS = { appendonly: 'yes', appendfsync: 'everysec', 'maxmemory-policy': 'noeviction', save: '' }
const DATABASES = 16
const START_MS = 10_000
const ASK_AGAIN_MS = 20

/** The version of the Redis that is installed here; `undefined` where there is none. */
export async function redisVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(PROGRAM, ['--version'])
    return /v=(\S+)/.exec(stdout)?.[1]
  } catch {
    return undefined
  }
}

/** A Redis that is started for the benchmarks and thrown away after them. */
export class RedisServer implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #folder: Folder
  readonly #port: number
  readonly #onExit = () => this.#process.kill('SIGKILL')
  #databases = 0

  private constructor(port: number, folder: Folder) {
    const settings = { port: `${port}`, bind: HOST, dir: folder.path, ...SETTINGS }
    this.#process = spawn(
      PROGRAM,
      Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    this.#folder = folder
    this.#port = port
    // First of all: what it writes to is removed next.
    process.prependOnceListener('exit', this.#onExit)
  }

  static async start(): Promise<RedisServer> {
    const folder = new Folder()
    const server = new RedisServer(await freePort(), folder)
    await within(START_MS, 'the start of Redis', server.#answers())
    return server
  }

  /** The address of an empty database; its numbers come round again. */
  async createDatabase(): Promise<string> {
    this.#databases = (this.#databases + 1) % DATABASES
    const url = `redis://${HOST}:${this.#port}/${this.#databases}`
    await this.dropDatabase(url)
    return url
  }

  async dropDatabase(url: string): Promise<void> {
    await ask(this.#port, [`select ${new URL(url).pathname.slice(1)}`, 'flushdb'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#onExit)
    const exit = once(this.#process, 'exit')
    this.#process.kill()
    await exit
    this.#folder[Symbol.dispose]()
  }

  async #answers(): Promise<void> {
    for (;;) {
      try {
        return await ask(this.#port, ['ping'])
      } catch {
        await sleep(ASK_AGAIN_MS)
      }
    }
  }
}

/** Sends commands in the form that Redis takes from a terminal, and waits for as many answers. */
async function ask(port: number, commands: readonly string[]): Promise<void> {
  const socket = connect(port, HOST).setEncoding('utf8')
  try {
    await once(socket, 'connect')
    socket.write(commands.map((command) => `${command}\r\n`).join(''))
    let answer = ''
    while (answer.split('\r\n').length <= commands.length) answer += (await once(socket, 'data'))[0]
    if (answer.includes('-ERR'))
      throw new Error(`Redis answered '${answer.trim()}' to '${commands.join(', ')}'`)
  } finally {
    socket.destroy()
  }
}
