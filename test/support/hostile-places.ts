import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { AnyJobSpec, ErrorClass, JobOptions, Json, Schema } from 'millhand'

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
export const hostilePlaces: Readonly<Record<string, (value: () => unknown) => Partial<AnyJobOptions>>> = {
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

type AnyJobOptions = JobOptions<Schema, Schema, Schema, unknown>
