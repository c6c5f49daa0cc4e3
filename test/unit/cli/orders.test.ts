import { expect, onTestFinished, test } from 'vitest'
import { giveOrder } from '../../../src/cli/commands/worker.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { defineJob, Worker } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'
import { KeptStream } from './stream.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

/** Two workers, of which the second one stops between the look at who there is and the order. */
async function scene(json = false) {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const [stays, stops] = [new Worker(queue, { jobs: [work] }), new Worker(queue, { jobs: [work] })]
  await stays.start()
  await stops.start()
  const listed = await queue.workers()
  const ids = { stays: stays.id, stops: stops.id }
  await stops.stop()
  const seen = {
    workers: async () => listed,
    orderWorkers: (...[ids, order]: Parameters<typeof queue.orderWorkers>) => queue.orderWorkers(ids, order),
  }
  const [stdout, stderr] = [new KeptStream(), new KeptStream()]
  const terminal = new Terminal({ stdout, stderr, env: {}, json })
  return { seen, ...ids, stdout, stderr, terminal }
}

test('of several workers it is said which one has not heard the order', async () => {
  const { seen, stays, stops, stdout, stderr, terminal } = await scene()
  const names = [stays, stops, stays]
  expect(await giveOrder(seen, { order: 'quiet', names }, terminal)).toBe(3)
  expect(stdout.text).toMatch(new RegExp(`^${stays} .* claims no more [^\\n]*\\n$`))
  expect(stderr.text).toBe(
    `error: Worker '${stops}' was not told: it has stopped meanwhile. (worker_not_found)\n`,
  )
})

test('for programs it stands in the document; of all that there are, none is missing', async () => {
  const { seen, stays, stops, stdout, stderr, terminal } = await scene(true)
  expect(await giveOrder(seen, { order: 'stop', names: undefined }, terminal)).toBeUndefined()
  expect(JSON.parse(stdout.text)).toEqual({
    order: 'stop',
    workers: [stays],
    refused: [{ id: stops, code: 'worker_not_found', because: expect.stringContaining('has stopped') }],
  })
  expect(stderr.text).toBe('')
})
