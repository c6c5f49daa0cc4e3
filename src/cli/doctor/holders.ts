import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Finding, fail } from './finding.ts'

/**
 * Processes that have the file open as it was before it was deleted or replaced: what they write is refused, and they
 * see nothing of what others write. Found where the system lists who has what open, as Linux does, for those processes
 * that this one may look at.
 */
export function checkHolders(file: string): Finding[] {
  const gone = new Set(
    ['', '-wal', '-shm'].map((part) => `${join(realFolder(file), basename(file))}${part} (deleted)`),
  )
  const holders = processes().filter((pid) => openFiles(pid).some((path) => gone.has(path)))
  if (holders.length === 0) return []
  const text = `process ${holders.join(', ')} still has ${file} open as it was before it, or the log beside it, was deleted or replaced`
  const mend = `Put the files back (what is in /proc/${holders[0]}/fd can still be copied), or start the process again: till then its writes are refused as 'store_replaced'.`
  return [fail('holders', text, mend)]
}

function realFolder(file: string): string {
  try {
    return realpathSync(dirname(file))
  } catch {
    return dirname(file)
  }
}

function processes(): string[] {
  return readable(() => readdirSync('/proc')).filter((name) => /^\d+$/.test(name))
}

function openFiles(pid: string): string[] {
  const folder = join('/proc', pid, 'fd')
  return readable(() => readdirSync(folder)).flatMap((fd) => readable(() => [readlinkSync(join(folder, fd))]))
}

/** A process may end meanwhile, or be somebody else's. */
function readable(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}
