// Shows exactly-once effects: the handler's own rows and the completion of its job are committed together, or not at all.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineJob, openQueue, Worker } from 'millhand'
import { z } from 'zod'

const weigh = defineJob({ name: 'mill.weigh_sack', input: z.object({ sack: z.number() }) })

const weighSack = weigh.handle(({ sack }, ctx) =>
  ctx.transaction((tx) => {
    const kilos = 20 + sack
    tx.prepare('insert into sacks values (?, ?)').run(sack, kilos)
    if (sack === 2 && ctx.attempt === 1) throw new Error('the scales broke after the row was written')
    return { kilos }
  }),
)

const folder = mkdtempSync(join(tmpdir(), 'millhand-example-'))
const queue = await openQueue(`sqlite:${join(folder, 'mill.db')}`)

// The other direction: jobs that exist if the caller's rows do.
const jobs = await queue.transaction(async (tx) => {
  tx.exec('create table sacks (sack integer primary key, kilos integer)')
  return queue.enqueueMany(weigh, [{ sack: 1 }, { sack: 2 }, { sack: 3 }], { tx, retries: 1 })
})
const undone = queue.transaction(async (tx) => {
  await queue.enqueue(weigh, { sack: 4 }, { tx })
  throw new Error('the cart never came')
})
await undone.catch((error) => console.log(`rolled back: ${error.message}`))

const worker = new Worker(queue, { jobs: [weighSack] })
await worker.start()
for (const job of jobs) await job.result({ timeout: '10s' })
await worker.stop()

const rows = await queue.transaction((tx) => tx.prepare('select * from sacks order by sack').all())
for (const { sack, kilos } of rows) console.log(`sack ${sack}: ${kilos} kg`)
console.log(`${rows.length} rows for ${await queue.count({ state: 'complete' })} complete jobs`)
await queue.close()
rmSync(folder, { recursive: true })
