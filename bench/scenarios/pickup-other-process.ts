import { Child } from '../child.ts'
import { recordInsert, recordPickups, warmUp } from '../pickup.ts'
import type { Started } from '../processes/pick-up.ts'
import type { Scenario } from '../scenario.ts'

export const pickupOtherProcess: Scenario = {
  name: 'pickup-other-process',
  about:
    'From one enqueue to the start of its handler in an idle worker of another process: from the call, ' +
    'which waits for the disk, and from its acknowledgement. One durable insert of the loop written by hand is what no call gets below.',
  targets: [
    { metric: 'p50 from acknowledgement', atMost: 3 },
    { metric: 'p95 from acknowledgement', atMost: 10 },
  ],
  async run(bench) {
    const insertMs = await recordInsert(bench)
    for (const system of bench.systems.filter(({ limit }) => !limit)) {
      const place = await bench.stores.create(system)
      const open = await system.open(place)
      await warmUp(bench, open)
      using child = new Child('pick-up.ts', { values: [system.name, place] })
      await child.receive('ready')
      await recordPickups(bench, {
        system: system.name,
        insertMs,
        enqueue: (payload) => open.enqueue(payload),
        nextStart: async () => (await child.receive<Started>('started')).atMs,
      })
      await child.stop()
      await open.close()
    }
  },
}
