import { readSafely } from '../kit/brand.ts'
import { isMillhandError, type MillhandError } from '../kit/error.ts'

/** The exit codes of every command; docs/cli.md and `--help` list them. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notFound: 3, jobFailed: 4, interrupted: 130 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_CODES_HELP = `Exit codes:
  0    it worked
  1    the command failed; the error has a code
  2    wrong usage, invalid configuration or invalid input
  3    no such job, schedule, limit, worker or database
  4    the job failed or was cancelled (enqueue --wait, run)
  130  interrupted before it was done`

/** Codes that say: what was asked for cannot be, whatever the state of things. */
const USAGE_CODES: readonly string[] = [
  'ambiguous_id',
  'usage',
  'batch_too_large',
  'config_not_found',
  'config_load_failed',
  'config_invalid',
  'config_untrusted',
  'confirmation_required',
  'duplicate_definition',
  'conflicting_limits',
  'inexact_json',
  'invalid_duration',
  'invalid_input',
  'invalid_json',
  'invalid_limit_key',
  'invalid_group',
  'invalid_name',
  'invalid_option',
  'invalid_schema',
  'invalid_store',
  'missing_handler',
  'not_serialisable',
  'not_supported',
  'payload_too_large',
  'two_handlers',
  'unknown_job',
  'unknown_option',
]

const NOT_FOUND_CODES: readonly string[] = [
  'job_not_found',
  'limit_not_found',
  'no_job_yet',
  'schedule_not_found',
  'store_missing',
  'worker_not_found',
]

export function exitCodeOf(error: unknown): ExitCode {
  if (!isMillhandError(error)) return EXIT.failed
  if (USAGE_CODES.includes(error.code)) return EXIT.usage
  if (NOT_FOUND_CODES.includes(error.code) || isNoDatabase(error)) return EXIT.notFound
  if (error.code === 'job_failed' || error.code === 'job_cancelled') return EXIT.jobFailed
  return EXIT.failed
}

/** What PostgreSQL says where no database has the name that the URL gives. */
const NO_DATABASE = '3D000'

function isNoDatabase({ code, cause }: MillhandError): boolean {
  return code === 'store_unavailable' && readSafely(cause, 'code') === NO_DATABASE
}
