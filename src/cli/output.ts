import { EXIT } from './exit.ts'
import { Terminal } from './terminal.ts'

/** The terminal of this process: the one place that names its streams. */
export function standardTerminal(json: boolean): Terminal {
  const { stdout, stderr, env } = process
  return new Terminal({ stdout, stderr, env, json })
}

/** Resolves when everything that was written before has been handed on. */
export function flushOutput(): Promise<void> {
  return new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
}

/** A reader that has seen enough (`millhand jobs | head`) ends the command, and that is no failure. */
export function endWithOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed),
  )
}

/** What holds jobs or processes goes on when nobody reads its output any more: it has to give them back. */
export function outliveOutput(): void {
  process.stdout.removeAllListeners('error').on('error', () => {})
}
