import { isError } from '../kit/error.ts'
import { loggedError } from '../telemetry/logged-error.ts'
import { framesOf } from './frames.ts'

/** An error with all that says where it came from: name, message, code, stack, and those that caused it. */
interface WholeError {
  readonly name: string
  readonly message: string
  readonly code?: string | number
  readonly stack: readonly string[]
  readonly cause?: WholeError
}

/** Bounded and without passwords, whatever was thrown. */
export function wholeError(thrown: unknown): WholeError {
  return toWhole(loggedError(thrown))
}

function toWhole(error: Error): WholeError {
  const { name, message, stack = '', cause } = error
  const { code } = error as { readonly code?: string | number }
  return {
    name,
    message,
    ...(code !== undefined && { code }),
    stack: framesOf(stack).map((line) => line.trim()),
    ...(isError(cause) && { cause: toWhole(cause) }),
  }
}

/** The lines of an error for people: what it says, where it came from, and the same of each cause. */
export function errorLines({ name, message, code, stack, cause }: WholeError): string[] {
  const said = `${name}: ${message}${code === undefined ? '' : ` (${code})`}`
  const [caused = '', ...rest] = cause ? errorLines(cause) : []
  return [said, ...stack.map((frame) => `    ${frame}`), ...(cause ? [`caused by ${caused}`, ...rest] : [])]
}
