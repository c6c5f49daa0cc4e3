import { withNewPlace } from '../contest.ts'
import { monotonicMs } from '../measure.ts'
import { BEYOND_INSERT, recordInsert, recordPickups, warmUp } from '../pickup.ts'
import type { Scenario } from '../scenario.ts'

export const pickupSameProcess: Scenario = {
  name: 'pickup-same-process',
  about:
    'From one enqueue to the start of its handler in an idle worker of the same process: from the call, ' +
    'which waits for the disk, and from its acknowledgement. One durable insert of the loop written by hand is what no call gets below.',
  targets: [
    { metric: 'p50 from acknowledgement', atMost: 0.5 },
    { metric: 'p95 from acknowledgement', atMost: 2 },
    { metric: BEYOND_INSERT, atMost: 1 },
  ],
  async run(bench) {
    const insertMs = await recordInsert(bench)
    for (const system of bench.systems.filter(({ limit }) => !limit)) {
      await withNewPlace(bench, system, async (open) => {
        await warmUp(bench, open)
        let started = Promise.withResolvers<number>()
        const stop = await open.work(() => started.resolve(monotonicMs()))
        const nextStart = () => {
          started = Promise.withResolvers()
          return started.promise
        }
        await recordPickups(bench, {
          system: system.name,
          insertMs,
          enqueue: (payload) => open.enqueue(payload),
          nextStart,
        })
        await stop()
      })
    }
  },
}
