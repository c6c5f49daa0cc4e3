import type { AnyJobDefinition } from '../job/defined.ts'
import type { FallbackHandler } from './options.ts'

/** A definition for a name that has none, around a handler for all names. */
export function fallbackDefinition(name: string, run: FallbackHandler): AnyJobDefinition {
  return {
    name,
    input: undefined,
    output: undefined,
    checkpoint: undefined,
    queue: '',
    priority: 0,
    retries: 0,
    timeoutMs: undefined,
    stallTimeoutMs: undefined,
    expiresInMs: undefined,
    deadlineMs: undefined,
    keyScopeMs: undefined,
    onConflict: undefined,
    retry: {},
    run: run as AnyJobDefinition['run'],
  }
}
