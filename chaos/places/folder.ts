import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sleep, systemClock } from '../../src/kit/clock.ts'
import { Disk } from './disk.ts'
import type { Act } from './place.ts'

/** The folder of a store, on a disk of its own where one can be had. */
export class StoreFolder {
  readonly path: string
  readonly #outer: string
  readonly #disk: Disk | string
  readonly #onExit = () => this.remove()

  constructor() {
    this.#outer = mkdtempSync(join(tmpdir(), 'millhand-chaos-'))
    // A server that runs as another user has to get at it.
    chmodSync(this.#outer, 0o755)
    this.path = join(this.#outer, 'disk')
    mkdirSync(this.path)
    this.#disk = Disk.mount(this.path)
    process.once('exit', this.#onExit)
  }

  /** Why its disk cannot be full; `undefined` where it can. */
  get cannotFill(): string | undefined {
    return typeof this.#disk === 'string' ? this.#disk : undefined
  }

  readonly fill: Act = async ({ forMs }) => {
    const disk = this.#disk
    if (typeof disk === 'string') return
    disk.fill()
    await sleep(systemClock, forMs)
    disk.free()
  }

  remove(): void {
    process.off('exit', this.#onExit)
    if (typeof this.#disk !== 'string') this.#disk.unmount()
    rmSync(this.#outer, { recursive: true, force: true })
  }
}
