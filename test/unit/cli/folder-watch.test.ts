import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FolderWatch } from '../../../src/cli/dev/folder-watch.ts'
import { type Deferred, deferred } from '../../../src/kit/deferred.ts'
import { BOUND_MS, within } from '../../support/child.ts'

/** A watched folder: `write` changes files in it and waits for what is told of it. */
function watched() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'millhand-watch-')))
  for (const name of ['node_modules', '.git', 'deep/er']) mkdirSync(join(folder, name), { recursive: true })
  let told: Deferred<readonly string[]> = deferred()
  const watch = new FolderWatch(folder, (files) => told.resolve(files))
  onTestFinished(() => {
    watch.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    async write(...paths: string[]): Promise<string[]> {
      told = deferred()
      for (const path of paths) writeFileSync(join(folder, path), 'x')
      const files = await within(told.promise, BOUND_MS, () => `a change of ${paths.join(', ')}`)
      return files.map((file) => relative(folder, file)).sort()
    },
  }
}

test('files that change together are told together, and only code and configuration', async () => {
  const { write } = watched()
  const noise = ['node_modules/a.ts', '.git/a.json', 'jobs.db', 'jobs.db-wal', 'notes.txt', '.hidden.ts']
  expect(await write(...noise, 'a.ts', 'deep/b.yaml', 'deep/er/c.mjs')).toEqual([
    'a.ts',
    'deep/b.yaml',
    'deep/er/c.mjs',
  ])
})

test('a folder that is new is watched, with what is in it already, and again when it was made anew', async () => {
  const { folder, write } = watched()
  mkdirSync(join(folder, 'new.jobs/inner'), { recursive: true })
  expect(await write('new.jobs/inner/a.ts')).toEqual(['new.jobs/inner/a.ts'])
  rmSync(join(folder, 'new.jobs'), { recursive: true })
  mkdirSync(join(folder, 'new.jobs'))
  expect(await write('new.jobs/b.ts')).toContain('new.jobs/b.ts')
})
