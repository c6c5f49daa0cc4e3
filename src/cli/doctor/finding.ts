import { withoutPassword } from '../../kit/secrets.ts'

/** What one check of `millhand doctor` found. */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly mend?: string
}

export function ok(check: string, text: string): Finding {
  return { check, level: 'ok', text: withoutPassword(text) }
}

export function warn(check: string, text: string, mend: string): Finding {
  return { check, level: 'warn', text: withoutPassword(text), mend }
}

export function fail(check: string, text: string, mend: string): Finding {
  return { check, level: 'fail', text: withoutPassword(text), mend }
}
