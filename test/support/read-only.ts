import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'

/** Nobody's rights: root may write what it likes, whatever the permissions say. */
const NOBODY = 65_534

const ROOTS = process.getuid?.() === 0

/** Does `body` as somebody who may write nothing that is not his. */
export async function withoutRights<Result>(body: () => Promise<Result>): Promise<Result> {
  if (!ROOTS) return body()
  process.seteuid?.(NOBODY)
  try {
    return await body()
  } finally {
    process.seteuid?.(0)
  }
}

/** Lets everybody read a file and its folders, and write them only as `modes` says. */
export function chmodAll(file: string, modes: { readonly file: number; readonly folder: number }): void {
  for (const part of ['', '-wal', '-shm']) if (existsSync(file + part)) chmodSync(file + part, modes.file)
  chmodSync(dirname(file), modes.folder)
  chmodSync(dirname(dirname(file)), 0o755)
}

/** Mounts a folder once more, to be read only; gives what undoes it, and `undefined` where this process may not mount. */
export function mountReadOnly(folder: string): (() => void) | undefined {
  try {
    execFileSync('mount', ['--bind', '-o', 'ro', folder, folder], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return () => void execFileSync('umount', [folder], { stdio: 'ignore' })
}
