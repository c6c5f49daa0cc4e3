import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/demo/main.ts', import.meta.url))

test('the demo indexes a small folder with a worker less, and a search finds what is in it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-demo-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const name of ['wheel', 'stone', 'race'])
    writeFileSync(join(folder, `${name}.md`), `# ${name}\n\nA heron.\n`)
  const given = [MAIN, folder, '--json', '--workers', '2', '--query', 'heron']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, given)
  expect(JSON.parse(stdout)).toMatchObject({ files: 3, complete: 3, lost: 0, duplicates: 0 })
  expect(stderr).toContain('(wheel.md)')
})
