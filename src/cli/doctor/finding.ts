/** What one check of `millhand doctor` found. */
export interface Finding {
  readonly check: string
  readonly level: 'ok' | 'warn' | 'fail'
  readonly text: string
  /** What to do about it. */
  readonly mend?: string
}

export function ok(check: string, text: string): Finding {
  return { check, level: 'ok', text }
}

export function warn(check: string, text: string, mend: string): Finding {
  return { check, level: 'warn', text, mend }
}

export function fail(check: string, text: string, mend: string): Finding {
  return { check, level: 'fail', text, mend }
}
