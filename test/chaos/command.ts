import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../chaos/main.ts', import.meta.url))

/** What `npm run chaos` says as data, and its exit code; what it says on the way is shown with a failure. */
export async function chaos(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, told, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (said === '') throw new Error(`chaos ended with ${code}: ${told}`)
  return { code, facts: JSON.parse(said) }
}
