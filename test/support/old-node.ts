import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { nodeProblem } from '../../src/kit/node-version.ts'
import { plainEnvironment } from './packed.ts'

const execute = promisify(execFile)

/** An old one of this machine's, or, where there is none, the one that says that it is one. */
export async function oldNode(): Promise<{ readonly path: string; readonly flags: readonly string[] }> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'node'))
  for (const path of places.filter((each) => existsSync(each))) {
    const { stdout } = await execute(path, ['-p', 'process.versions.node'], { env: plainEnvironment() })
    if (nodeProblem(stdout.trim())) return { path, flags: [] }
  }
  const versions = "{ ...process.versions, node: '20.19.0' }"
  const preload = `Object.defineProperty(process, 'versions', { value: ${versions} })`
  return {
    path: process.execPath,
    flags: ['--import', `data:text/javascript,${encodeURIComponent(preload)}`],
  }
}
