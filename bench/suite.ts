import type { Result } from './document.ts'
import type { Scenario } from './scenario.ts'
import type { Stores } from './stores.ts'
import type { System } from './systems/system.ts'

/** Scenarios that run beside one another, and what they need. */
export interface Suite {
  /** The npm script that runs it. */
  readonly script: string
  /** In the order in which they run. */
  readonly scenarios: readonly Scenario[]
  /** Millhand first, then what it is compared with: as far as it is here. */
  findSystems(missing: (message: string) => void): Promise<System[]>
  openStores(): Promise<Stores>
  /** One table of all figures, where the suite has one. */
  overview?(findings: Findings): string
  /** Its part of docs/performance.md. */
  partOf(findings: Findings): string
}

/** What a run has found. */
export interface Findings {
  readonly results: readonly Result[]
  /** The day, the machine and the versions. */
  readonly measuredOn: string
  /** What is left out, and why. */
  readonly missing: readonly string[]
}
