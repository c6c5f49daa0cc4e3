import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { Member } from '../../examples/demo/member.ts'

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

test.skipIf(process.platform === 'win32')(
  'a worker of the demo has no URL among its arguments, where everybody could read the password in it',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millhand-demo-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const ready = Promise.withResolvers<void>()
    const start = { url: `sqlite:${folder}/secret.db`, number: 1, concurrency: 1 }
    const member = new Member(start, (_, { kind }) => kind === 'ready' && ready.resolve())
    await Promise.race([ready.promise, member.gone])
    const { stdout } = await promisify(execFile)('ps', ['-o', 'args=', '-p', String(member.pid)])
    await member.stop()
    expect(member.errors).toBe('')
    expect(stdout).toContain('worker.ts')
    expect(stdout).not.toContain('secret')
  },
)
