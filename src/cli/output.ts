import { EXIT } from './exit.ts'

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
