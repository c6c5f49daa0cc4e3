import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Written by whoever is in the group, or by anybody. A sticky folder is one as well: everybody may add a file. */
const OTHERS_MAY_WRITE = 0o022
const ROOT = 0

interface Found {
  /** Whether it was found in a folder above, rather than in the one that the caller is in. */
  readonly above: boolean
  /** Of the caller; `undefined` where the system knows no owners. */
  readonly user: number | undefined
}

/**
 * Why a configuration that nobody has named must not be loaded, in words; `undefined` where it may be. It is code, and so
 * is what it names: whoever can write it can do all that the caller can. A folder above may be anybody's, such as /tmp.
 * Whoever is in a folder has chosen it: there only the file has to be the caller's, as git asks of a repository.
 */
export function whyForeign(file: string, { above, user }: Found): string | undefined {
  if (user === undefined) return undefined
  const real = realpathSync(file)
  const folders = above ? [...new Set([dirname(file), dirname(real)])] : []
  const owned = [file, real, ...folders].find((path) => !isOwn(lookAt(path), user))
  if (owned !== undefined) return `${owned} belongs to another user`
  const open = above ? [real, ...folders].find((path) => statSync(path).mode & OTHERS_MAY_WRITE) : undefined
  return open && `others than its owner may write ${open}`
}

/** A link says more about whose it is than what is at its end. */
function lookAt(path: string): Stats {
  const stats = lstatSync(path)
  return stats.isSymbolicLink() ? stats : statSync(path)
}

function isOwn({ uid }: Stats, user: number): boolean {
  return uid === user || uid === ROOT
}
