import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const STARTERS = ['../support/postgres-server.ts', '../../examples/demo/server/embedded.ts']

test.for(STARTERS)('a program that has failed says so, though it had loaded a server: %s', (starter) => {
  const program = `await import('${new URL(starter, import.meta.url)}'); process.exitCode = 3`
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program])
  expect(status).toBe(3)
})
