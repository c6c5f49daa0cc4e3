import { withHints } from '../kit/hint.ts'
import { type FieldsOf, flag, parseOptions, text } from '../kit/options.ts'
import { INVOKE_HINTS } from './elsewhere.ts'
import { type EnqueueOptions, enqueueFields } from './enqueue-options.ts'
import { KEY_CHARACTERS_MAX } from './limits.ts'
import { requireLabel } from './names.ts'

/** What one call of `ctx.invoke` may say about the child; the definition says the rest. */
export interface InvokeOptions
  extends Pick<
    EnqueueOptions,
    | 'queue'
    | 'priority'
    | 'delay'
    | 'runAt'
    | 'expiresIn'
    | 'deadline'
    | 'limits'
    | 'group'
    | 'requires'
    | 'tags'
    | 'context'
    | 'retries'
    | 'timeout'
  > {
  /**
   * By what a parent that runs again finds this child: the same step is the same child. Default: the name of the job, and how
   * often the handler has invoked that so far.
   */
  readonly step?: string
  /** Whether the child is cancelled where its parent is cancelled while it waits for it. Default true. */
  readonly cancelWithParent?: boolean
}

const { key: _key, keyScope: _scope, onConflict: _conflict, tx: _tx, ...childFields } = enqueueFields

export const invokeFields = {
  ...childFields,
  step: { ...text(), expected: `a text of 1 to ${KEY_CHARACTERS_MAX} characters` },
  cancelWithParent: flag({ default: true }),
} satisfies FieldsOf<InvokeOptions>

withHints(invokeFields, INVOKE_HINTS)

/**
 * What a call says of the child, and what it says to `enqueue`: read once, and once more the same.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`
 */
export function parseInvoke(given: InvokeOptions = {}) {
  const { step, cancelWithParent, ...read } = parseOptions('ctx.invoke', invokeFields, given)
  const options: EnqueueOptions = read
  return { step: step === undefined ? undefined : requireLabel('step', step), cancelWithParent, options }
}
