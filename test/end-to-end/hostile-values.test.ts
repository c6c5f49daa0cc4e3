import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  type AnyJobSpec,
  defineJob,
  type ErrorClass,
  type JobDefinition,
  type JobOptions,
  type Json,
  type Schema,
} from 'millhand'
import { expect } from 'vitest'
import { hostileValues } from '../support/hostile-values.ts'
import { describeStores } from '../support/stores.ts'

/** A schema that lets everything in at the door, and gives `answer` to the worker. */
function secondly(answer: () => unknown): Schema {
  let asked = 0
  const validate = (value: unknown) => {
    asked += 1
    return asked === 1 ? { value } : (answer() as StandardSchemaV1.Result<unknown>)
  }
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

const always = (answer: () => unknown): Schema => ({
  '~standard': { version: 1, vendor: 'test', validate: () => answer() as StandardSchemaV1.Result<unknown> },
})

const failing = () => {
  throw new Error('x')
}

/** The places in which somebody's value meets the worker. */
const places: Readonly<Record<string, (value: () => unknown) => Partial<AnyJobOptions>>> = {
  'that a handler returns': (value) => ({ run: () => value() as never }),
  'that a handler promises': (value) => ({ run: async () => value() as never }),
  'that a handler throws': (value) => ({
    run() {
      throw value()
    },
  }),
  'that the input schema answers': (value) => ({ input: secondly(value) }),
  'that the output schema answers': (value) => ({ output: always(value) }),
  'that the output schema gives as an issue': (value) => ({ output: always(() => ({ issues: [value()] })) }),
  'that classifyError answers': (value) => ({ classifyError: () => value() as ErrorClass, run: failing }),
  'that classifyError gives as a code': (value) => ({
    classifyError: () => ({ code: value() as string }),
    run: failing,
  }),
  'that a handler tells, or gives as a reason': (value) => ({
    run(_, ctx) {
      ctx.progress(value() as number)
      ctx.log.info(value() as string, value() as Json)
      return ctx.skip(value() as string)
    },
  }),
  'that a handler gives to a call for which it does not wait': (value) => ({
    run(_, ctx) {
      void ctx.checkpoint(value())
      void ctx.enqueue(value() as AnyJobSpec, undefined)
      void ctx.transaction(() => value())
      return 1
    },
  }),
}

type AnyJobOptions = JobOptions<Schema, Schema, Schema> & { run: JobDefinition['run'] }

describeStores('a hostile value', (test) => {
  for (const [place, optionsOf] of Object.entries(places))
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
