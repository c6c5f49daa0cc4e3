import { existsSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { thisMachine } from '../src/kit/machine.ts'
import type { Entry, Noted } from './history.ts'

const EXTENSION = '.jsonl'

const { uptimeMs } = thisMachine()

/** The time of a witness, in milliseconds. */
export function witnessMs(): number {
  return uptimeMs()
}

/**
 * The file in which one process writes down what it is told, line by line. Each line is with the operating system before the
 * process goes on, so that its end by SIGKILL takes none of them. It is not where the store is: a full disk is no excuse.
 */
export class Witness {
  readonly #descriptor: number

  constructor(file: string) {
    this.#descriptor = openSync(file, 'a')
  }

  write(entry: Entry): void {
    writeSync(this.#descriptor, `${JSON.stringify({ ...entry, atMs: witnessMs() })}\n`)
  }
}

export function witnessFile(folder: string, process: string): string {
  return join(folder, `${process}${EXTENSION}`)
}

/** What all processes wrote down, in the order of their times. */
export function readWitnesses(folder: string): Noted[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(EXTENSION))
  const entries = files.flatMap((file) => readWitness(folder, basename(file, EXTENSION)))
  return entries.sort((left, right) => left.atMs - right.atMs)
}

/** What one of them wrote down so far. The last line may be half a one: whoever was killed over it has told nobody either. */
export function readWitness(folder: string, process: string): Noted[] {
  const file = witnessFile(folder, process)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => ({ ...JSON.parse(line), process }))
}
