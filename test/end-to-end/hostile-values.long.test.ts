import { defineJob } from 'millhand'
import { expect } from 'vitest'
import { hostilePlaces } from '../support/hostile-places.ts'
import { hostileValues } from '../support/hostile-values.ts'
import { describePostgres, describeSqlite } from '../support/stores.ts'

// In memory, hostile-fuzz.long.test.ts tries them two thousand times over.
for (const describeOn of [describeSqlite, describePostgres])
  describeOn('a hostile value', (test) => {
    for (const [place, optionsOf] of Object.entries(hostilePlaces))
      test(`${place} ends inside its attempt: no slot is lost, other jobs complete, and what is kept is short`, async ({
        queue,
        clock,
        start,
      }) => {
        const odd = Object.values(hostileValues).map((value, index) =>
          defineJob({
            name: `test.odd_${index}`,
            retries: 1,
            timeout: '1s',
            run: () => 1,
            ...optionsOf(value),
          }),
        )
        const plain = defineJob({ name: 'test.plain', run: () => 'fine' })
        const faults: unknown[] = []
        queue.on('loop_error', ({ error }) => faults.push(error))
        for (const job of odd) await queue.enqueue(job)
        await start({ jobs: [...odd, plain], concurrency: 2, abortGrace: '1s' })
        const unsettled = async () => {
          await clock.advance('1s')
          return queue.list({ state: ['pending', 'running'] })
        }
        await expect.poll(unsettled).toEqual([])

        const fine = await queue.enqueueMany(Array.from({ length: 5 }, () => ({ job: plain })))
        await expect.poll(unsettled).toEqual([])
        for (const job of fine) expect(await job.get()).toMatchObject({ output: 'fine' })
        expect(faults).toEqual([])
        for (const job of await queue.list()) expect(JSON.stringify(job).length).toBeLessThan(40_000)
      })
  })
