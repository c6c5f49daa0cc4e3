import { nearestOf } from '../kit/hint.ts'

/** What other tools call their commands, by what it is called here; the nearest by its letters would be another one. */
const WORDS: readonly (readonly [ours: string, theirs: string])[] = [
  ['work, or dev while you write', 'start server'],
  ['work', 'serve up consume consumer run-worker'],
  ['work --until-idle', 'once run-once burst'],
  ['dev', 'watch'],
  ['init', 'new create-app scaffold generate'],
  ['enqueue --wait, or queues --wait-empty', 'wait'],
  ['enqueue', 'add add-job addjob push send submit dispatch publish perform insert'],
  ['jobs', 'list ls ps tasks list-jobs'],
  ['job', 'show get logs inspect task details'],
  ['explain', 'why describe'],
  ['stats, or workers', 'top'],
  ['stats', 'status info report metrics counts count'],
  ['stats --watch', 'monitor mon dashboard ui web board'],
  ['cancel', 'abort kill revoke discard terminate interrupt'],
  ['cancel, delete or prune', 'remove rm'],
  ['delete', 'destroy'],
  ['retry', 'requeue redrive replay restart reprocess resurrect'],
  ['rerun', 'clone copy duplicate repeat'],
  ['purge', 'drain empty flush clear obliterate'],
  ['prune', 'clean cleanup gc vacuum archive trim'],
  ['reprioritise', 'prioritize reprioritize priority boost set-priority'],
  ['reschedule', 'delay postpone snooze defer'],
  ['reschedule now', 'promote'],
  ['move', 'mv transfer redirect'],
  ['resume', 'unpause continue'],
  ['free-key', 'unlock release-key'],
  ['schedules', 'cron crontab beat periodic repeatable recurring'],
  ['schedules, or enqueue --delay', 'schedule later'],
  ['limits', 'throttle rate-limit ratelimit concurrency'],
  ['worker stop', 'stop quit shutdown'],
  ['worker quiet', 'quiet tstp'],
  ['migrate', 'upgrade install db:migrate schema'],
  ['check', 'validate lint verify config'],
  ['doctor', 'health healthcheck diagnose ping'],
  ['operations', 'history audit'],
  ['--version', 'version'],
]

/** In small letters. */
export const COMMANDS_ELSEWHERE: ReadonlyMap<string, string> = new Map(
  WORDS.flatMap(([ours, theirs]) => theirs.split(' ').map((word) => [word, ours] as const)),
)

/** What other tools call the words that a command is followed by: `schedules delete`, `worker pause`. */
const VERBS: readonly (readonly [ours: string, theirs: string])[] = [
  ['set', 'add create update upsert'],
  ['remove', 'delete rm unschedule'],
  ['run', 'trigger fire continue resume'],
  ['resume', 'unpause continue'],
  ['quiet', 'pause drain'],
  ['stop', 'quit shutdown kill'],
  ['show', 'get inspect keys'],
  ['reset', 'unset clear remove delete'],
]

/** A word that is none of those that a command takes, with what was probably meant. */
export function noneOf(word: string, words: readonly string[]): string {
  const theirs = VERBS.filter(([ours]) => words.includes(ours)).flatMap(([ours, others]) =>
    others.split(' ').map((other) => [other, ours] as const),
  )
  return `'${word}' is none of ${words.join(', ')}.${nearestOf(words, Object.fromEntries(theirs))(word)}`
}
