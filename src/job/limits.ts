/**
 * Every limit on what one job may hold. Nothing grows without one of these; each is refused with its own error or
 * cut where a cut loses nothing that matters (logs, error history).
 */

/** Input, output, checkpoint and context, each, as JSON. Larger things belong in a file or a bucket, with a reference. */
export const PAYLOAD_BYTES_MAX = 1024 * 1024
/** Progress is written often and read by people. */
export const PROGRESS_BYTES_MAX = 16 * 1024
/** Attempts whose error is kept with the job; older ones are dropped, the count of attempts is not. */
export const ERRORS_KEPT = 10
/** Longest code, message and stack of an error that are kept, in characters. */
export const ERROR_CODE_CHARACTERS = 200
export const ERROR_MESSAGE_CHARACTERS = 2_000
export const ERROR_STACK_CHARACTERS = 4_000
/** Log lines kept with a job, and the longest line, in characters. */
export const LOG_LINES_MAX = 1_000
export const LOG_LINE_CHARACTERS = 4_000
/** Names are keys of indexes and labels on screens. */
export const NAME_CHARACTERS_MAX = 128
export const KEY_CHARACTERS_MAX = 512
export const TAGS_MAX = 20
/** Depth of nesting in a payload: deeper ones overflow the stack of whoever walks them. */
export const PAYLOAD_DEPTH_MAX = 200
/** What one job may require of its worker, and what a worker may say that it is able to: names of lanes are made of it. */
export const REQUIREMENTS_MAX = 10
export const CAPABILITIES_MAX = 100
export const CAPABILITY_CHARACTERS_MAX = 64
export const RETRIES_MAX = 1_000
/** Jobs that have invoked one another, each below the last one: one that invokes itself without end is refused. */
export const INVOKE_DEPTH_MAX = 100
/** Jobs of one worker that wait in its memory for their children; those beyond go back to their queue for a moment. */
export const WAITING_PARENTS_MAX = 1_000
/** Pending jobs in one queue; enqueueing past it is refused with `queue_full`. */
export const PENDING_MAX = 10_000_000
/** Jobs that one statement takes at a time: keeps the event loop and the write lock free for others. */
export const STATEMENT_ROWS_MAX = 1_000
/**
 * Characters of payload that one statement takes at a time, or one job: 1,000 jobs of 1 MiB would be more than V8 can
 * hold in a text, and more than a server has room for.
 */
export const STATEMENT_CHARACTERS_MAX = 8 * 1024 * 1024
