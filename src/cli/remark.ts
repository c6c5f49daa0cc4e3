import type { JobHandle } from '../job/handle.ts'

/** What is said of a job behind its id, where it is not simply a new one. */
export function remarkOn({ existed, replaced }: Pick<JobHandle, 'existed' | 'replaced'>): string {
  if (replaced) return ' (it waited with this key, and is what you gave now)'
  return existed ? ' (a job with this key was there already)' : ''
}
