import { defineJob, openQueue } from 'millhand'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

// --- A group is a text, or is made of what the input schema gives

defineJob({
  group: (input) => {
    expectTypeOf(input).toEqualTypeOf<{ tenant: string }>()
    return input.tenant
  },
  name: 'test.grouped',
  input: z.object({ tenant: z.string() }),
})
defineJob({ name: 'test.fixed_group', group: 'one' })
// @ts-expect-error: nothing is no group: that is null
defineJob({ name: 'test.no_group', input: z.object({ tenant: z.string() }), group: () => undefined })
const queue = await openQueue('memory:')
await queue.configure('mail', { shares: { one: 2 } })
