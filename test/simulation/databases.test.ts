import { expect, test } from 'vitest'
import { memoryDatabase } from '../../simulation/databases/memory.ts'
import { Timeline } from '../../simulation/timeline.ts'
import { enqueue, newJob, startWorker } from '../support/jobs.ts'

test('a look goes by what was written: a beat, an election and a claim that finds nothing write nothing', async () => {
  const database = memoryDatabase(new Timeline())
  const { store } = await database.open()
  const versions = [await database.version()]
  const isWritten = async () => {
    const version = await database.version()
    const isNew = !versions.includes(version)
    versions.push(version)
    return isNew
  }

  const worker = await startWorker(store, 'one')
  expect(await isWritten()).toBe(true)
  await worker.beat()
  await store.upkeep.elect(worker.id, 10_000)
  expect(await worker.claim()).toEqual([])
  expect(await isWritten()).toBe(false)

  await enqueue(store, newJob('a'))
  expect(await isWritten()).toBe(true)
  await worker.claimOne()
  expect(await isWritten()).toBe(true)
  await store.queues.pause('default')
  expect(await isWritten()).toBe(true)
  await worker.stop()
  expect(await isWritten()).toBe(true)
})
