import { randomInt } from 'node:crypto'
import type { Queue } from 'millhand'
import { expect } from 'vitest'
import { ALL, EACH } from './limited.ts'
import { faultsOf } from './limits-check.ts'
import { Storm } from './limits-storm.ts'
import { test as onServer } from './postgres-scene.ts'
import { BOUND, test as onFile, type Stage } from './scene.ts'

/** `LIMITS_SEED` gives the same acts again; how they meet the workers is up to the machine. */
const seed = Number(process.env.LIMITS_SEED ?? randomInt(2 ** 31))

onFile(
  'never more hold a key, or pass it, than its limit lets, whatever is cancelled, killed and frozen, and each job runs',
  ({ scene, queue }) => rideOut({ scene, queue }),
)

onServer('the same on a server that is stopped meanwhile, again and again', ({ scene, queue }) =>
  rideOut({
    ...{ scene, queue },
    async stopServer() {
      await scene.server.crash()
      await scene.server.start()
    },
  }),
)

interface Stormed {
  readonly scene: Stage
  readonly queue: Queue
  readonly stopServer?: () => Promise<void>
}

async function rideOut({ scene, queue, stopServer }: Stormed): Promise<void> {
  const storm = new Storm({ scene, queue, seed, ...(stopServer && { stopServer }) })
  const { jobs, stops } = await storm.rage().catch((cause) => {
    throw new Error(`LIMITS_SEED=${seed} ended early`, { cause })
  })
  const ended = async () =>
    (await queue.count({ state: 'complete' })) + (await queue.count({ state: 'cancelled' }))
  await expect.poll(ended, { ...BOUND, message: `LIMITS_SEED=${seed}` }).toBe(jobs)
  expect(stops, 'stops of the server').toBe(stopServer ? 3 : 0)

  const lines = scene.witnessed()
  expect(faultsOf(lines), `LIMITS_SEED=${seed}`).toEqual([])
  expect(new Set(lines.map(({ id }) => id)).size).toBeGreaterThan(jobs / 2)
  const granted = lines.filter((line) => line.kind === 'seen' && line.grantedAt !== null)
  expect(granted.length, 'grants that the store has told').toBeGreaterThan(ALL.rate.count)
  expect([await queue.limits.keys(EACH.name), await queue.limits.keys(ALL.name)].flat()).toEqual([])
}
