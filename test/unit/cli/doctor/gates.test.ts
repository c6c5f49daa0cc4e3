import { DatabaseSync } from 'node:sqlite'
import type { VirtualClock } from 'millhand/testing'
import { expect } from 'vitest'
import { checkGates } from '../../../../src/cli/doctor/gates.ts'
import { internalsOf } from '../../../../src/queue/internals.ts'
import type { Queue } from '../../../../src/queue/queue.ts'
import { atMost, limited } from '../../../conformance/limits.ts'
import { COMPLETE, enqueue, startWorker } from '../../../support/jobs.ts'
import { postgresPool, schemaOf } from '../../../support/postgres.ts'
import { describePostgres, describeSqlite, type QueueTest } from '../../../support/stores.ts'

type Write = (url: string, sql: string) => Promise<void>

const SOUND = { check: 'gates', level: 'ok', text: 'what they say is what runs' }

/** What the doctor says of gates, when it has looked twice. */
async function examined(queue: Queue, clock: VirtualClock, meanwhile: () => unknown = () => {}) {
  let over = false
  const findings = checkGates(queue).finally(() => {
    over = true
  })
  await clock.advance(2_000)
  await meanwhile()
  while (!over) await clock.advance(1_000)
  return findings
}

async function limitedQueue(queue: Queue) {
  const { store } = internalsOf(queue, 'test')
  await store.limits.declare([atMost(1)])
  await enqueue(store, limited('a', ['api']), limited('b', ['api']))
  const worker = await startWorker(store, 'w', { leaseMs: 600_000 })
  const job = await worker.claimOne()
  await worker.claim()
  return { store, worker, job }
}

const cases = (write: Write) => (test: QueueTest) => {
  test('gates that say what runs are in order', async ({ queue, clock }) => {
    await limitedQueue(queue)
    expect(await examined(queue, clock)).toEqual([SOUND])
  })

  test('a gate that is held by a job that does not run is found, unless it is let go of meanwhile', async ({
    queue,
    clock,
    url,
  }) => {
    const { store } = await limitedQueue(queue)
    const [b] = await store.catalog.get(['b'])
    await write(url, `insert into {}holders (gate, job) values ('api', ${b?.seq}), ('mail=x', 99999)`)
    const [first, ...others] = await examined(queue, clock)
    expect([first?.text, others]).toEqual([
      "2 gate(s) are held by jobs that do not run: 'api' by b, 'mail=x' by a job that is gone",
      [],
    ])
    expect(first?.mend).toMatch(/maintenance/)
    const { text } = (await examined(queue, clock, () => store.limits.tend(10)))[0] ?? {}
    expect(text).toBe(SOUND.text)
  })

  test('a running job that does not count at its gate is found, with what waits there though it is open', async ({
    queue,
    clock,
    url,
  }) => {
    await limitedQueue(queue)
    await write(url, `delete from {}holders`)
    expect(await examined(queue, clock)).toMatchObject([
      { level: 'warn', text: expect.stringMatching(/^1 job\(s\) run and do not count .*: a \(api\)$/) },
      { text: "limit 'api' has room, and jobs still wait at 1 of its gates: b at 'api'" },
    ])
  })

  test('a job that waits at an open gate is found with the command that lets it go on', async ({
    queue,
    clock,
  }) => {
    const { worker, job } = await limitedQueue(queue)
    await queue.pause('default')
    await worker.settle(job, COMPLETE)
    expect(await examined(queue, clock)).toEqual([SOUND])
    await queue.resume('default')
    const mend = async () => (await examined(queue, clock))[0]?.mend
    expect(await mend()).toMatch(/^Let them go on: millhand limits reset api;/)

    await queue.limits.reset('api')
    expect(await examined(queue, clock)).toEqual([SOUND])
  })
}

describeSqlite(
  'the doctor at gates',
  cases(async (url, sql) => {
    const database = new DatabaseSync(url.slice('sqlite:'.length))
    database.exec(sql.replaceAll('{}', 'millhand_'))
    database.close()
  }),
)

describePostgres(
  'the doctor at gates',
  cases(async (url, sql) => {
    await postgresPool().query(sql.replaceAll('{}', `"${schemaOf(url)}".`))
  }),
)
