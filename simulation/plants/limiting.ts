import { DatabaseSync } from 'node:sqlite'
import type { Store } from '../../src/store/store.ts'
import { inStore, inUpkeep, type Planted } from './plant.ts'

/** Puts back who held gates before, of those who hold none by now. */
const staysHeld: Planted = {
  fault: 'a gate that is not left by a rescue',
  store: 'sqlite',
  found: /is held and does not run/,
  plant: inUpkeep(({ upkeep, location }) => ({
    rescue: async (crashLimit, limit) => {
      const held = inFile(location, (file) => file.prepare('select gate, job from millhand_holders').all())
      const rescued = await upkeep.rescue(crashLimit, limit)
      if (rescued.rescued.length === 0) return rescued
      inFile(location, (file) => {
        const put = file.prepare('insert or ignore into millhand_holders (gate, job) values (?, ?)')
        for (const { gate, job } of held) put.run(gate as string, job as number)
      })
      return rescued
    },
  })),
}

/** Longer than from a look to its claim, and shorter than any window. */
const EARLY_MS = 1_500

const countsFromTheLook: Planted = {
  fault: 'a rate that is counted from the look and not from the claim',
  store: 'sqlite',
  found: /have started at api/,
  plant: inStore(({ jobs, location }) => ({
    jobs: {
      ...jobs,
      claim: async (request) => {
        const claimed = await jobs.claim(request)
        if (claimed.some(({ limits }) => limits !== null)) inFile(location, (file) => file.exec(EARLIER))
        return claimed
      },
    },
  })),
}

const EARLIER = `update millhand_gates set grants =
  (select json_group_array(json_array(value ->> 0 - ${EARLY_MS}, value ->> 1)) from json_each(grants))`

const oneOver: Planted = {
  fault: 'a limit that lets one more run than it says',
  store: 'memory',
  found: /run through/,
  plant: inLimits(({ limits }) => ({
    declare: (given) =>
      limits.declare(
        given.map((each) => ({ ...each, concurrency: each.concurrency && each.concurrency + 1 })),
      ),
  })),
}

const nobodyTends: Planted = {
  fault: 'a job that waits at an open gate, and that nobody lets go on',
  store: 'memory',
  found: /somebody waits at|is still pending/,
  plant: inLimits(() => ({ tend: async () => 0 })),
}

const staysOpen: Planted = {
  fault: 'a gate that a handler has closed, and that is open',
  store: 'memory',
  found: /was closed for/,
  plant: inStore(({ jobs }) => ({
    jobs: {
      ...jobs,
      settle: (settlements, repeated) =>
        jobs.settle(
          settlements.map(({ closes: _, ...each }) => each),
          repeated,
        ),
    },
  })),
}

function inLimits(change: (store: Store) => Partial<Store['limits']>) {
  return inStore((store) => ({ limits: { ...store.limits, ...change(store) } }))
}

/** What is behind the store's back. */
function inFile<Result>(location: string, look: (file: DatabaseSync) => Result): Result {
  const file = new DatabaseSync(location)
  try {
    return look(file)
  } finally {
    file.close()
  }
}

export const IN_LIMITING: readonly Planted[] = [staysHeld, countsFromTheLook, oneOver, nobodyTends, staysOpen]
