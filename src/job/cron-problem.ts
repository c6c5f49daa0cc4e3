import { didYouMean } from '../kit/suggest.ts'

/** What each field of a cron takes, in the order of six; five begin with the minute. */
const FIELDS: readonly (readonly [name: string, takes: string])[] = [
  ['second', '0 to 59'],
  ['minute', '0 to 59'],
  ['hour', '0 to 23'],
  ['day of the month', '1 to 31, or L for the last'],
  ['month', '1 to 12, or JAN to DEC'],
  ['day of the week', '0 to 7, or SUN to SAT'],
]

const NICKNAMES = ['@hourly', '@daily', '@weekly', '@monthly', '@yearly']

interface CronExpected {
  readonly expected: string
  readonly hint?: string
}

/**
 * What was expected in place of a cron that cannot be read, as facts of its refusal. `isReadable` says of another one whether
 * it can: the field that is wrong is the one that is so beside fields that are all `*`.
 */
export function cronExpected(cron: string, isReadable: (cron: string) => boolean): CronExpected {
  const parts = cron.trim().split(/\s+/)
  if (cron.startsWith('@'))
    return { expected: `five fields, or ${NICKNAMES.join(', ')}`, hint: didYouMean(cron, NICKNAMES) }
  const shape = "five fields, or six with seconds first, such as '0 3 * * *'"
  if (parts.length !== 5 && parts.length !== 6)
    return { expected: `${shape}: it has ${cron.trim() === '' ? 0 : parts.length}` }
  const fields = FIELDS.slice(FIELDS.length - parts.length)
  const alone = (at: number) => parts.map((part, place) => (place === at ? part : '*')).join(' ')
  const wrong = parts.findIndex((_, at) => !isReadable(alone(at)))
  const [name, takes] = fields[wrong] ?? []
  if (name === undefined) return { expected: shape }
  const forms = 'a list (1,5), a range (1-5) or a step (*/5)'
  return { expected: `for the ${name} ${takes}, ${forms}: it has '${parts[wrong]}'` }
}
