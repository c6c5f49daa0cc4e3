import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

export interface RepositoryFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

const TEXT_EXTENSIONS = new Set([
  '',
  '.ts',
  '.js',
  '.md',
  '.json',
  '.yaml',
  '.yml',
  '.sql',
  '.sh',
  '.html',
  '.css',
])

/** What git has or would add: neither what it ignores nor what was deleted and not committed yet. */
const FILES: readonly RepositoryFile[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .split('\0')
  .filter((path) => path !== '' && TEXT_EXTENSIONS.has(extname(path)) && existsSync(ROOT + path))
  .map((path) => ({ path, text: readFileSync(ROOT + path, 'utf8') }))

/** The text files of the repository whose path fits `pattern`. */
export function filesLike(pattern: RegExp): readonly RepositoryFile[] {
  return FILES.filter(({ path }) => pattern.test(path))
}

/** Every TypeScript file: the package, its tests and what stands around it. */
export function codeFiles(): readonly RepositoryFile[] {
  return filesLike(/\.ts$/)
}

/** A file that has to be there. */
export function fileAt(path: string): RepositoryFile {
  const found = FILES.find((file) => file.path === path)
  if (!found) throw new Error(`${path} does not exist`)
  return found
}

/** Whether something is at this path, a folder included. */
export function exists(path: string): boolean {
  return existsSync(ROOT + path)
}

/** The line, from 1, that the character at `offset` stands in. */
export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}
