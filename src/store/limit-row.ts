import type { LimitOverride } from '../job/limit.ts'
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

/** What lets something pass, in one order: two that let the same pass are the same text. What an override leaves out is not in it. */
export function ruleText({ concurrency, rateCount, ratePerMs }: LimitOverride): string {
  return JSON.stringify({ concurrency, rateCount, ratePerMs })
}
