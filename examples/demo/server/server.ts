import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Start } from './keeper.ts'

const KEEPER = fileURLToPath(new URL('./keeper.ts', import.meta.url))

/** A PostgreSQL server that lives for as long as the demo does. */
export interface Server {
  readonly url: string
  readonly folder: string
  /** Resolves when the server and its folder are gone. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a server, in a process group of its own: Ctrl-C reaches every process of a terminal, and the workers need
 * their database for a moment longer, to give back what they are at.
 */
export async function startServer(signal: AbortSignal): Promise<Server> {
  const keeper = fork(KEEPER, [], {
    execArgv: process.execArgv,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => keeper.once('close', () => resolve()))
  const stop = () => {
    // It may have ended by itself, and then there is nobody to tell.
    if (keeper.connected) keeper.send('stop', () => {})
    return gone
  }
  try {
    const start = await Promise.race([startOf(keeper, signal), problemOf(keeper, gone)])
    if ('problem' in start) throw new Error(start.problem)
    return { ...start, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startOf(keeper: ChildProcess, signal: AbortSignal): Promise<Start> {
  const [start] = await once(keeper, 'message', { signal })
  return start as Start
}

/** What it says when it ends by itself, such as for a package that is not installed. */
async function problemOf(keeper: ChildProcess, gone: Promise<void>): Promise<Start> {
  let errors = ''
  keeper.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  await gone
  return { problem: errors.trim() || 'The PostgreSQL server ended at once.' }
}
