import { hasBrand, readSafely } from '../kit/brand.ts'
import { custom, type FieldsOf, flag, parseOptions, text } from '../kit/options.ts'

/** What `ctx.fail` takes. */
export interface FailOptions {
  /** What people read of it. */
  readonly message: string
  /** What programs branch on: `declined`, `http_404`. None by default. */
  readonly code?: string
  /** What was done before it failed: kept with the job once it has failed for good. Nothing by default. */
  readonly output?: unknown
  /** Whether no retry can help; by default the policy of the definition decides. */
  readonly permanent?: boolean
}

const failFields = {
  message: text(),
  code: text(),
  output: custom<unknown>({ expected: 'anything that JSON can hold', accepts: () => true }),
  permanent: flag(),
} satisfies FieldsOf<FailOptions>

const DECLARED: unique symbol = Symbol.for('millhand.declared-failure')

/** What `ctx.fail(…)` gives: return it, or throw it, to fail in words of the handler's own, with what it got done. */
export class DeclaredFailure extends Error {
  override readonly name = 'DeclaredFailure'
  readonly code: string | undefined
  readonly output: unknown
  readonly permanent: boolean

  /** @throws MillhandError `unknown_option`, `invalid_option` */
  constructor(given: FailOptions) {
    const { message = 'the handler says that it has failed', ...options } = parseOptions(
      'fail',
      failFields,
      given,
    )
    super(message)
    this.code = options.code
    this.output = options.output
    this.permanent = options.permanent === true
  }

  get [DECLARED](): number {
    return 1
  }
}

/** What a `DeclaredFailure` says beside its message, of whichever copy of the package; `undefined` for anything else. */
export function declaredOf(
  value: unknown,
): { readonly output: unknown; readonly permanent: boolean } | undefined {
  if (!hasBrand(value, DECLARED)) return undefined
  return { output: readSafely(value, 'output'), permanent: readSafely(value, 'permanent') === true }
}
