/** Measures one scenario once, and tells the figures: `measure.ts CONTEST SIZE [SERVER]`, the size as JSON. */
import { findContest } from '../compare/contests.ts'
import type { Measurement } from '../measurement.ts'
import { Size, type SizeOptions } from '../scenario.ts'
import { Scratch } from '../scratch.ts'
import { Databases } from '../servers/databases.ts'
import { DatabaseStores } from '../servers/stores.ts'
import { millhand, millhandOnPostgres } from '../systems/millhand.ts'
import { endWithParent, tell } from './parent.ts'

export interface Measured {
  readonly kind: 'measured'
  readonly measured: readonly Measurement[]
  /** Which package it was that was measured. */
  readonly from: string
}

const [name = '', size = '', server = ''] = process.argv.slice(2)
endWithParent()
const { scenario, store } = findContest(name)
const measured: Measurement[] = []
const isServer = store === 'postgres'
await using stores = isServer ? new DatabaseStores(new Databases(server)) : new Scratch()
await scenario.run({
  size: new Size(JSON.parse(size) as SizeOptions),
  systems: [isServer ? millhandOnPostgres : millhand],
  stores,
  progress: () => {},
  record: (measurement) => measured.push({ scenario: name, ...measurement }),
})
tell({ kind: 'measured', measured, from: import.meta.resolve('millhand') } as Measured)
process.disconnect()
