import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkConfig } from '../../../src/config/index.ts'
import { whatWasThrown } from '../../../src/config/source.ts'

test('what is of millhand/config and imported from millhand is told where it is', () => {
  const none = new SyntaxError(
    "The requested module 'millhand' does not provide an export named 'loadConfig'",
  )
  expect(whatWasThrown(none, '/app/jobs.ts')).toMatch(/It is of 'millhand\/config': import it from there$/)
})

test('of each queue that no options fit is told, under its name', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'millhand-config-'))
  onTestFinished(() => rmSync(cwd, { recursive: true }))
  writeFileSync(
    join(cwd, 'millhand.yaml'),
    'queues: { mail: { maxsize: 5 }, "a b": {}, fine: { maxSize: 5 }, news: 5 }',
  )
  expect((await checkConfig({ cwd, env: {} })).errors).toMatchObject([
    { path: 'queues.mail', message: expect.stringContaining("Did you mean 'maxSize'?") },
    { path: 'queues.a b', message: expect.stringContaining('is not valid') },
    { path: 'queues.news', message: expect.stringContaining('is 5, expected an object') },
  ])
})
