import { preview } from '../kit/error.ts'
import { jobError } from './errors.ts'
import { isPrefix } from './handled-names.ts'
import { KEY_CHARACTERS_MAX, NAME_CHARACTERS_MAX, TAGS_MAX } from './limits.ts'

const JOB_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/
const QUEUE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/
const LIMIT_NAME = QUEUE_NAME
const LETTERS = 'letters, digits and _ . : / -, starting with a letter, a digit or _'

const NAMED = `1 to ${NAME_CHARACTERS_MAX} ${LETTERS}`

export const DEFAULT_QUEUE = 'default'

/** A job's name, namespaced by a dot: `library.index_document`. @throws MillhandError `invalid_name` */
export function requireJobName(name: unknown): string {
  return requireMatch('job name', name, JOB_NAME)
}

/** The name of a definition: that of its jobs, or a prefix, `video.youtube.*`, for all that begin so. @throws MillhandError `invalid_name` */
export function requireHandledName(name: unknown): string {
  const stem = typeof name === 'string' && isPrefix(name) ? name.slice(0, -2) : name
  if (typeof stem !== 'string' || !stem.includes('*')) requireJobName(stem)
  else
    throw misnamed(
      'job name',
      name,
      `${NAMED}; a prefix is 'video.*', for all names that begin with 'video.'`,
    )
  return name as string
}

/** A queue's name. @throws MillhandError `invalid_name` */
export function requireQueueName(name: unknown): string {
  return requireMatch('queue name', name, QUEUE_NAME)
}

/** A schedule's name. @throws MillhandError `invalid_name` */
export function requireScheduleName(name: unknown): string {
  return requireMatch('schedule name', name, QUEUE_NAME)
}

/** A limit's name. @throws MillhandError `invalid_name` */
export function requireLimitName(name: unknown): string {
  return requireMatch('limit name', name, LIMIT_NAME)
}

/** A key, a tag, or what else people call something by: any text that can be printed and compared. @throws MillhandError `invalid_name` */
export function requireLabel(what: string, label: unknown): string {
  if (
    typeof label === 'string' &&
    label.length > 0 &&
    label.length <= KEY_CHARACTERS_MAX &&
    !UNPRINTABLE.test(label)
  ) {
    return label
  }
  const expected = `1 to ${KEY_CHARACTERS_MAX} characters, none of them a control character or half of a pair`
  throw jobError('invalid_name', { what, got: shown(label), expected })
}

export function requireTags(tags: readonly string[]): readonly string[] {
  if (Array.isArray(tags) && tags.length <= TAGS_MAX) return tags.map((tag) => requireLabel('tag', tag))
  throw jobError('invalid_name', {
    what: 'list of tags',
    got: preview(tags),
    expected: `at most ${TAGS_MAX} texts`,
  })
}

function misnamed(what: string, name: unknown, expected: string): Error {
  return jobError('invalid_name', { what, got: shown(name), expected })
}

function requireMatch(what: string, name: unknown, pattern: RegExp): string {
  if (typeof name === 'string' && name.length <= NAME_CHARACTERS_MAX && pattern.test(name)) return name
  throw misnamed(what, name, NAMED)
}

/**
 * What nobody sees and everybody's terminal obeys: control characters, breaks of a line, and what turns the direction of
 * the text around it, so that one key looks like another. Some databases cannot store NUL at all, and none can compare
 * half a surrogate pair. What only joins letters or pictures is a part of how people write.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** The text, and which character of it is none that can be seen: the text alone may look as it should. */
function shown(text: unknown): string {
  const place = typeof text === 'string' ? text.search(UNPRINTABLE) : -1
  if (typeof text !== 'string' || place < 0) return preview(text)
  const code = text.codePointAt(place) ?? 0
  const number = [...text.slice(0, place)].length + 1
  return `${preview(text)} (character ${number} is U+${code.toString(16).toUpperCase().padStart(4, '0')})`
}
