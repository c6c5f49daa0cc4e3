import { openQueue, type Queue } from 'millhand'
import { type Library, openReader } from './library/library.ts'
import { HELP, type Options, readOptions, UsageError } from './options.ts'
import { openPlace, type Place } from './place.ts'
import { answersTo, promptForSearches } from './prompt.ts'
import { isSound, jsonOf, tableOf, takeStock } from './report.ts'
import { indexFolder } from './run.ts'
import { Screen } from './screen.ts'
import { printable } from './wording.ts'

const EXIT = { sound: 0, unsound: 1, usage: 2, interrupted: 130 }

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
  await using place = await open(options, { screen, signal })
  await using queue = await openQueueAt(place)
  try {
    const finished = await indexFolder({ options, place, queue, screen, signal })
    await using reader = await openReader(place.url)
    const { library } = reader
    const report = await takeStock({ ...finished, queue, library })
    for (const line of ['', ...tableOf(report), '']) screen.say(line)
    await answer(options, { library, screen, signal })
    if (options.json) process.stdout.write(`${jsonOf(report)}\n`)
    return isSound(report) ? EXIT.sound : EXIT.unsound
  } finally {
    screen.close()
    if (place.kept) screen.say(`The database is kept: ${printable(queue.location)}`)
  }
}

function open(options: Options, { screen, signal }: { screen: Screen; signal: AbortSignal }): Promise<Place> {
  if (options.store === 'postgres') screen.say('Starting a PostgreSQL server of its own for the demo')
  return openPlace(options, signal)
}

async function openQueueAt({ url }: Place): Promise<Queue> {
  try {
    return await openQueue(url)
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
  { library, screen, signal }: { library: Library; screen: Screen; signal: AbortSignal },
): Promise<void> {
  const searching = { library, folder, colour: screen.colourful, signal }
  if (query !== undefined) {
    screen.say(screen.bold(`"${printable(query)}"`))
    for (const line of await answersTo(query, searching)) screen.say(line)
  } else if (!json && process.stdin.isTTY && process.stdout.isTTY) {
    await promptForSearches(searching)
  }
}
