import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

type Millhand = typeof import('millhand') & typeof import('millhand/testing')

/**
 * A second copy of the package in this process, as an installation elsewhere would be: its modules are others, and so are
 * its classes. Of the version that is given, or of the same one.
 */
export async function copyOfPackage(version?: string): Promise<Millhand> {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-copy-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  if (version !== undefined) {
    const file = join(folder, 'src/kit/version.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace(/'.*'/, `'${version}'`))
  }
  const load = (path: string) => import(pathToFileURL(join(folder, 'src', path)).href)
  return { ...(await load('index.ts')), ...(await load('testing/index.ts')) }
}
