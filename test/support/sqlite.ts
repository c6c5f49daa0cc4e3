import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { Connection } from '../../src/store/sqlite/connection.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'

/** Where a file needs no disk: what a power cut takes, none of these tests can tell. */
const FAST_FOLDER = '/dev/shm'
/** Of those that a run has at a time all together need less by far; in a container there may be 64 MiB. */
const FAST_FOLDER_BYTES = 512 * 1024 * 1024

/** A file of a test's own, in a folder of its own, to be given back when the test has ended. */
interface Lent {
  readonly file: string
  readonly url: string
  readonly release: () => void
}

/** What is in an empty file, made for the first test of this process that asks for one: to migrate takes longer than most tests. */
let empty: Uint8Array | undefined

/** A path at which nothing is yet. */
export function unmadeFile(): Lent {
  const folder = mkdtempSync(join(fastFolder(), 'millhand-'))
  const file = join(folder, 'jobs.db')
  return { file, url: `sqlite:${file}`, release: () => rmSync(folder, { recursive: true, force: true }) }
}

/** An empty file of the newest version. */
export function emptyFile(): Lent {
  empty ??= migrated()
  const lent = unmadeFile()
  writeFileSync(lent.file, empty, { mode: 0o600 })
  return lent
}

function migrated(): Uint8Array {
  const { file, release } = unmadeFile()
  const connection = new Connection(file)
  migrate(connection, new VirtualClock().now())
  connection.close()
  const bytes = readFileSync(file)
  release()
  return bytes
}

function fastFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(FAST_FOLDER)
    return bavail * bsize > FAST_FOLDER_BYTES ? FAST_FOLDER : tmpdir()
  } catch {
    return tmpdir()
  }
}
