/** Tells of every job when its handler started: `pick-up.ts SYSTEM FILE`. */
import { monotonicMs } from '../measure.ts'
import { findSystem } from '../systems.ts'
import { endWithParent, onMessage, tell } from './parent.ts'

export interface Started {
  readonly kind: 'started'
  readonly atMs: number
}

const [name = '', file = ''] = process.argv.slice(2)
const system = await (await findSystem(name)).open(file)
const stop = await system.work(() => tell({ kind: 'started', atMs: monotonicMs() } as Started))

onMessage('stop', async () => {
  await stop()
  await system.close()
  process.disconnect()
})

endWithParent()
tell({ kind: 'ready' })
