import type { LimitOverride } from '../job/limit-change.ts'
import type { LimitRecord, LimitRule } from './limits.ts'

/** A limit as it is stored: what is said of it is JSON. */
export interface LimitRow {
  readonly name: string
  readonly declared: string
  readonly override: string | null
}

export function toLimitRecord({ name, declared, override }: LimitRow): LimitRecord {
  return {
    name,
    declared: JSON.parse(declared) as LimitRule,
    override: override === null ? null : (JSON.parse(override) as LimitOverride),
  }
}

/** As a call keeps what it has answered; nothing: there is no such limit. */
export function limitTexts({ declared, override }: Pick<LimitRecord, 'declared' | 'override'>): string[] {
  return [ruleText(declared), ...(override ? [ruleText(override)] : [])]
}

export function limitFrom(name: string, [declared, override]: readonly string[]): LimitRecord | null {
  return declared === undefined ? null : toLimitRecord({ name, declared, override: override ?? null })
}

/** What lets something pass, in one order: two that let the same pass are the same text. What an override leaves out is not in it. */
export function ruleText({ concurrency, rateCount, ratePerMs }: LimitOverride): string {
  return JSON.stringify({ concurrency, rateCount, ratePerMs })
}
