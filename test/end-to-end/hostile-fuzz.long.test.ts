import fc from 'fast-check'
import { defineJob, isMillhandError, Worker } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, test } from 'vitest'
import { hostilePlaces } from '../support/hostile-places.ts'
import { hostileValues } from '../support/hostile-values.ts'

const CASES = 2_000
/** More claims than a job has that is only retried. */
const SNOOZES = 10
/** What one job may come to as JSON: ten errors with their stacks, and its output. */
const KEPT_CHARACTERS = 80_000

const any = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

/** Ways in which a value may be handed over. */
const WRAPS: ((value: unknown) => unknown)[] = [
  (value) => value,
  (value) => Promise.resolve(value),
  (value) => heard(Promise.reject(value)),
  (value) => Object.defineProperty(() => {}, 'then', { value: (resolve: Settle) => resolve(value) }),
  (value) => new Proxy({}, { get: () => value, ownKeys: () => ['x'] }),
  (value) => Object.assign(new Error('x'), { message: value, code: value, cause: value, stack: value }),
  (value) => ({ value, issues: value, code: value, permanent: value, retryAfter: value, message: value }),
  (value) => Object.defineProperty({}, 'value', { enumerable: true, get: () => value }),
  (value) => ({ fraction: value, message: { toString: () => value }, toJSON: () => value }),
  (value) => Object.assign(new Error('later'), { [Symbol.for('millhand.retry-after')]: 1, delayMs: value }),
  (value) => ({ [Symbol.for('millhand.snooze')]: 1, delayMs: value }),
  (value) => ({ [Symbol.for('millhand.skip')]: 1, reason: value }),
]

type Settle = (value: unknown) => void

/** Whoever hands over a promise and lets it fail unheard has to answer for that himself. */
function heard(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(() => {})
  return promise
}

const hostile = fc.oneof(
  fc.constantFrom(...Object.values(hostileValues)),
  fc.tuple(any, fc.constantFrom(...WRAPS)).map(
    ([value, wrap]) =>
      () =>
        wrap(value),
  ),
)
const odd = fc.tuple(fc.constantFrom(...Object.keys(hostilePlaces)), hostile)
const plain = defineJob({ name: 'test.plain', retries: 0, run: () => 'fine' })

test('whatever handlers, schemas, errors and callers give, all other jobs complete, no slot is lost, and what is kept is short', async () => {
  const history = fc.tuple(fc.array(odd, { minLength: 1, maxLength: 4 }), hostile)
  await fc.assert(
    fc.asyncProperty(history, ([odds, given]) => survives(odds, given)),
    { numRuns: CASES },
  )
})

type Odd = readonly [place: string, value: () => unknown]

async function survives(odds: readonly Odd[], given: () => unknown): Promise<void> {
  const { queue, clock } = await openTestQueue()
  const faults: unknown[] = []
  queue.on('loop_error', ({ error }) => faults.push(error))
  const jobs = odds.map(([place, value], index) =>
    defineJob({
      ...{ name: `test.odd_${index}`, retries: 1, timeout: '1s', run: () => 1 },
      ...hostilePlaces[place]?.(value),
    }),
  )
  for (const job of jobs) await queue.enqueue(job).catch(requireCode)
  await queue.enqueue(plain, given()).catch(requireCode)
  const fine = await queue.enqueueMany(Array.from({ length: 3 }, () => ({ job: plain })))
  const worker = new Worker(queue, { jobs: [...jobs, plain], concurrency: 2, abortGrace: '1s' })
  await worker.start()
  const unsettled = () => queue.list({ state: ['pending', 'running'] })
  // A snooze may be of any length: whatever is due in a minute has had its turn.
  for (let second = 0; second < 60 && (await unsettled()).length > 0; second += 1) await clock.advance('1s')

  for (const job of fine) expect(await job.get()).toMatchObject({ output: 'fine' })
  // One that snoozes for next to nothing, over and over, may be at it just now.
  const stuck = (await unsettled()).filter(({ state, epoch }) => state === 'running' && epoch < SNOOZES)
  expect(stuck).toEqual([])
  expect(faults).toEqual([])
  for (const job of await queue.list()) expect(JSON.stringify(job).length).toBeLessThan(KEPT_CHARACTERS)
  await worker.stop()
  await queue.close()
}

function requireCode(error: unknown): void {
  if (!isMillhandError(error)) throw error
}
