/** Tells of every job when its handler started: `pick-up.ts SYSTEM PLACE`. */
import { monotonicMs } from '../measure.ts'
import { findSystem } from '../systems/find.ts'
import { endWithParent, onMessage, tell } from './parent.ts'

export interface Started {
  readonly kind: 'started'
  readonly atMs: number
}

const [name = '', place = ''] = process.argv.slice(2)
const system = await (await findSystem(name, place)).open(place)
const stop = await system.work(() => tell({ kind: 'started', atMs: monotonicMs() } as Started))

onMessage('stop', async () => {
  await stop()
  await system.close()
  process.disconnect()
})

endWithParent()
tell({ kind: 'ready' })
