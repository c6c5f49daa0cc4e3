import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { asError } from '../../src/kit/error.ts'

/** More than a store needs that is at work for hours: what is not written takes no memory. */
const LARGE = '2g'
const KIBIBYTE = 1_024
/** Somebody may write something while it is measured. */
const TRIES = 100

/** A file system in memory, which can be full at any time. */
export class Disk {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Puts it over a folder; gives the reason where that is not permitted. */
  static mount(folder: string): Disk | string {
    try {
      run('mount', ['-t', 'tmpfs', '-o', `size=${LARGE},mode=755`, 'tmpfs', folder])
      return new Disk(folder)
    } catch (error) {
      return `no file system can be mounted here: ${firstLine(asError(error).message)}`
    }
  }

  /** Takes all that is free of it. */
  fill(): void {
    for (let tries = 1; ; tries += 1) {
      const { blocks, bfree, bsize } = statfsSync(this.#folder)
      try {
        this.#resize(`${Math.ceil(((blocks - bfree) * bsize) / KIBIBYTE) + tries * 4}k`)
        return
      } catch (error) {
        if (tries === TRIES) throw error
      }
    }
  }

  free(): void {
    this.#resize(LARGE)
  }

  unmount(): void {
    run('umount', ['--lazy', this.#folder])
  }

  #resize(size: string): void {
    run('mount', ['-o', `remount,size=${size}`, this.#folder])
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function firstLine(text: string): string {
  return text.split('\n').slice(0, 2).join(' ')
}
