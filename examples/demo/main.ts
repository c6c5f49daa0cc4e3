import { DatabaseSync } from 'node:sqlite'
import { openQueue, type Queue } from 'millhand'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import { Place } from './place.ts'
import { answersTo, promptForSearches } from './prompt.ts'
import { isSound, jsonOf, tableOf, takeStock } from './report.ts'
import { indexFolder } from './run.ts'
import { Screen } from './screen.ts'
import { printable } from './wording.ts'

const EXIT = { sound: 0, unsound: 1, usage: 2, interrupted: 130 }
/** How long a read waits for a writer. */
const BUSY_MS = 5_000

process.exitCode = await main()

async function main(): Promise<number> {
  const interruption = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interruption.abort())
  // Whoever read along has gone, as with `| head`.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interruption.abort())
  try {
    const options = readOptions(process.argv.slice(2))
    if (options) return await demo(options, interruption.signal)
    process.stdout.write(`${HELP}\n`)
    return EXIT.sound
  } catch (error) {
    const { aborted } = interruption.signal
    process.stderr.write(`${aborted ? 'Interrupted: the workers are gone.' : printable(messageOf(error))}\n`)
    if (aborted) return EXIT.interrupted
    return error instanceof UsageError ? EXIT.usage : EXIT.unsound
  }
}

/** From a folder to an index that can be searched, with a worker less. Gives the exit code. */
async function demo(options: Options, signal: AbortSignal): Promise<number> {
  const screen = new Screen(options.json ? process.stderr : process.stdout)
  using place = new Place(options)
  await using queue = await open(place.file)
  try {
    const finished = await indexFolder({ options, queue, screen, signal })
    using db = new DatabaseSync(place.file, { readOnly: true, timeout: BUSY_MS })
    const report = await takeStock({ ...finished, queue, db })
    for (const line of ['', ...tableOf(report), '']) screen.say(line)
    await answer(options, { db, screen, signal })
    if (options.json) process.stdout.write(`${jsonOf(report)}\n`)
    return isSound(report) ? EXIT.sound : EXIT.unsound
  } finally {
    screen.close()
    if (place.kept) screen.say(`The database is kept: ${printable(place.file)}`)
  }
}

async function open(file: string): Promise<Queue> {
  try {
    return await openQueue(`sqlite:${file}`)
  } catch (error) {
    throw new UsageError(messageOf(error))
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The answer to `--query`, or those to whatever is asked at the prompt, where somebody can ask. */
async function answer(
  { query, json, folder }: Options,
  { db, screen, signal }: { db: DatabaseSync; screen: Screen; signal: AbortSignal },
): Promise<void> {
  const searching = { db, folder, colour: screen.colourful, signal }
  if (query !== undefined) {
    screen.say(screen.bold(`"${printable(query)}"`))
    for (const line of answersTo(query, searching)) screen.say(line)
  } else if (!json && process.stdin.isTTY && process.stdout.isTTY) {
    await promptForSearches(searching)
  }
}
