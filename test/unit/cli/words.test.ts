import { expect, test } from 'vitest'
import { inCommandWords } from '../../../src/cli/words.ts'
import { configError, type Problem } from '../../../src/config/errors.ts'
import { jobError } from '../../../src/job/errors.ts'
import { optionError } from '../../../src/kit/options.ts'

/** The message of an error, as it is told for this command line. */
function told(error: unknown, line: string): string {
  return (inCommandWords(error, line.split(' ')) as Error).message
}

test('an option of a call is told as the flag that was typed', () => {
  const refused = (option: string, component = 'list') =>
    optionError('invalid_option', { component, option, expected: 'another', got: "'x'", hint: ' Hm?' })
  expect(told(refused('state'), 'jobs --state x')).toBe("--state is 'x', expected another. Hm?")
  expect(told(refused('olderThan'), 'jobs --older-than=x')).toBe("--older-than is 'x', expected another. Hm?")
  expect(told(refused('tags'), 'enqueue --tag x')).toContain("--tag is 'x'")
  expect(told(refused('timeout', 'result'), 'enqueue --wait-timeout x')).toContain("--wait-timeout is 'x'")
  expect(told(refused('busyTimeout'), 'jobs')).toContain("list: option 'busyTimeout' is")
})

test('another option that is told of is the flag that it is given by', () => {
  const refused = (option: string, expected: string) =>
    optionError('invalid_option', { component: 'enqueue', option, expected, got: 'x' })
  const early = refused('delay', "less than the 'expiresIn', 5m: it would fail before it is due")
  expect(told(early, 'enqueue --delay 1h --expires-in 5m')).toContain(
    'expected less than the --expires-in, 5m:',
  )
  const ofDefinition = refused('delay', "less than the 'deadline' of job 'a', 5m")
  expect(told(ofDefinition, 'enqueue --delay 1h')).toContain("less than the 'deadline' of job 'a', 5m")
  const alone = refused('keyScope', "a 'key' beside it: it says how long that is held")
  expect(told(alone, 'enqueue --key-scope 1h')).toContain('expected a --key beside it:')
})

test('options that exclude each other are told as flags, all of them', () => {
  const facts = { component: "schedule 'a'", option: 'every', got: "given together with 'cron'" }
  const refused = optionError('invalid_option', { ...facts, expected: "one of 'cron', 'every' and 'at'" })
  expect(told(refused, 'schedules set a b --every 1h --cron @daily')).toBe(
    '--every is given together with --cron, expected one of --cron, --every and --at.',
  )
})

test('an option of a call that is an argument of a command is told as that', () => {
  const refused = (option: string) =>
    optionError('invalid_option', { component: 'matching', option, expected: 'another', got: "'x'" })
  expect(told(refused('priority'), 'reprioritise x --all')).toBe("The priority is 'x', expected another.")
  expect(told(refused('due'), 'reschedule x --all')).toBe("The time is 'x', expected another.")
})

test('of a flag that may be given again, the values are told, with what was meant', () => {
  const refused = (option: string, got: string, hint = '') =>
    optionError('invalid_option', { component: 'list', option, expected: 'another', got, hint })
  expect(told(refused('state', '["done"]', " Did you mean 'complete'?"), 'jobs --state done')).toBe(
    "--state is 'done', expected another. Did you mean 'complete'?",
  )
  expect(told(refused('state', '["failed","x"]', ' Hm?'), 'jobs --state failed,x')).toBe(
    "--state is 'failed', 'x', expected another. Hm?",
  )
  expect(told(refused('name', '["do…'), 'jobs --name x')).toContain('--name is ["do…,')
  expect(told(refused('context', '[]'), 'run a --context []')).toBe('--context is [], expected another.')
})

test('what a program would call is told as a command', () => {
  const late = jobError('result_timeout', { id: 'x1', timeoutMs: 5, state: 'pending' })
  expect(told(late, 'enqueue')).toContain("'millhand explain x1' says why")
  const unreadable = jobError('output_unreadable', { id: 'x1', name: 'mail.send' })
  expect(told(unreadable, 'enqueue')).toContain("'millhand job x1' shows it")
  const unknown = jobError('unknown_job', { name: 'mail.snd', known: ['mail.send'] })
  expect(told(unknown, 'enqueue')).toMatch(/Did you mean 'mail.send'\?.*in 'jobs' of the configuration/)
  const none = jobError('unknown_job', { name: 'mail.snd', known: [] })
  expect(told(none, 'enqueue')).toMatch(/no configuration and no live worker has one.*--config/)
  for (const error of [late, unreadable, unknown, none])
    expect(inCommandWords(error, [])).toMatchObject({ code: error.code, facts: error.facts })
})

test('what to do next is told as what is typed next', () => {
  const operation = { operation: "of ann's", verb: 'cancel' }
  const held = { key: 'a b', name: 'report.build', id: 'x1', index: 0 }
  const none = { name: 'nightly', known: [] }
  const said: [error: Error, line: string, words: RegExp][] = [
    [
      jobError('drain_timeout', { queue: 'mail', timeoutMs: 5 }),
      'queues',
      /jobs --queue mail --state pending,running'/,
    ],
    [
      jobError('operation_incomplete', { ...operation, problem: 'no disk' }),
      'cancel',
      /no disk\. .* --operation 'of ann'\\''s': /,
    ],
    [
      jobError('operation_differs', operation),
      'cancel',
      /Give --operation an id of its own.*'millhand operations'/,
    ],
    [
      jobError('key_conflict', { ...held, state: 'pending' }),
      'enqueue',
      /'millhand cancel x1'.*--on-conflict replace/,
    ],
    [jobError('key_conflict', { ...held, state: 'begun' }), 'enqueue', /--on-conflict debounce/],
    [
      jobError('key_conflict', { ...held, state: 'ended' }),
      'enqueue',
      /millhand free-key report\.build 'a b'$/,
    ],
    [
      jobError('not_retryable', { id: 'x1', state: 'failed' }),
      'retry',
      /'millhand free-key NAME KEY', as 'millhand job x1'/,
    ],
    [
      jobError('queue_full', { queue: 'mail', limit: 5 }),
      'enqueue',
      /'queue\.pendingMax' of the configuration/,
    ],
    [
      jobError('schedule_not_found', none),
      'schedules',
      /'millhand schedules set' or in 'schedules' of the configuration/,
    ],
    [
      jobError('setup_failed', { problem: 'no model' }),
      'work',
      /no model\. Nothing was claimed.*'worker\.setup' of the configuration/,
    ],
    [jobError('setup_failed', { problem: 'no model' }), 'run', /Nothing was run/],
    [jobError('setup_timed_out', { timeoutMs: 5 }), 'work', /'worker\.setupTimeout' of the configuration/],
  ]
  for (const [error, line, words] of said) {
    expect(told(error, line)).toMatch(words)
    expect(told(error, line)).not.toMatch(/\w\(|onConflict|operation:/)
  }
  const running = jobError('not_retryable', { id: 'x1', state: 'running' })
  expect(inCommandWords(running, ['retry'])).toBe(running)
})

test('what was typed is no mistake of a configuration', () => {
  const invalid = (...problems: Problem[]) => configError('config_invalid', { file: 'a.yaml', problems })
  const typed = { path: 'worker.concurrency', message: "is 'x' (--concurrency), expected a number" }
  expect(told(invalid(typed), 'work --concurrency x')).toBe("--concurrency is 'x', expected a number.")
  const store = { path: 'store', message: "is 'foo', expected 'sqlite:FILE'" }
  expect(told(invalid(store), 'jobs --store foo')).toBe("--store is 'foo', expected 'sqlite:FILE'.")
  const schema = { path: 'store', message: "the schema is 'a-b', expected letters" }
  expect(told(invalid(schema), 'jobs --store foo')).toBe("--store: the schema is 'a-b', expected letters.")
  expect(told(invalid(typed, { path: 'x', message: 'is no option.' }), 'work')).toContain(
    'a.yaml is not valid',
  )
})

test('what is not of Millhand stays as it is', () => {
  const error = new Error('boom')
  expect(inCommandWords(error, ['jobs'])).toBe(error)
})

test('a flag that takes no number without a unit does not say that it takes milliseconds', () => {
  const refused = optionError('invalid_option', {
    ...{ component: 'enqueue', option: 'delay', got: "'5min'" },
    expected: "a duration such as '5s' or '7d', or milliseconds, of at least 1ms",
  })
  const problem = "--delay is '5min', expected a duration such as '5s' or '7d', of at least 1ms."
  expect(told(refused, 'enqueue --delay 5min')).toBe(problem)
  const typed = {
    path: 'worker.lease',
    message: "is 'x' (--lease), expected a duration such as '5s', or milliseconds",
  }
  const problems = (each: Problem) => configError('config_invalid', { file: null, problems: [each] })
  expect(told(problems(typed), 'work')).toBe("--lease is 'x', expected a duration such as '5s'.")
  const variable = { ...typed, message: typed.message.replace('--lease', 'MILLHAND_WORKER_LEASE') }
  expect(told(problems(variable), 'work')).toContain('or milliseconds')
})

test('who has no configuration is told what makes one', () => {
  const none = configError('config_not_found', { file: null, folder: '/app' })
  expect(told(none, 'work')).toMatch(/in \/app or above it\. 'millhand init' makes one; .* --config FILE\.$/)
  const named = configError('config_not_found', { file: 'a.yaml', folder: '/app' })
  expect(inCommandWords(named, ['work'])).toBe(named)
})
