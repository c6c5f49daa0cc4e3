import { holdsOptions } from '../kit/misplaced.ts'
import { custom, type FieldsOf, parseOptions } from '../kit/options.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import type { EnqueueCall } from './hooks.ts'

/**
 * What a hook around an enqueue may pass to `next`; the job as well, where it passes on the whole call, but no other one. What is
 * in it is checked at the door.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
function requireChanges({ job }: EnqueueCall, changes: Partial<EnqueueCall>): void {
  const fields = {
    input: custom<unknown>({ expected: 'what the job takes', accepts: () => true }),
    options: custom<EnqueueOptions>({ expected: 'an object of options of enqueue', accepts: holdsOptions }),
    job: custom<EnqueueCall['job']>({
      expected: 'left out: a hook changes the input and the options of its job',
      accepts: (value) => value === job,
    }),
  } satisfies FieldsOf<EnqueueCall>
  parseOptions('next', fields, changes)
}

/** How `around` puts the hooks of a queue together. */
export const AROUND_ENQUEUE = { where: 'aroundEnqueue', requireChanges } as const
