import { describe, expect, test } from 'vitest'
import { OPTIONS } from '../../../src/config/options.ts'
import { readSettings } from '../../../src/config/settings.ts'

function read(file: object, env: Record<string, string> = {}) {
  return readSettings(file, { env, flags: [] })
}

function meaningOf(path: string, text: string): unknown {
  const variable = OPTIONS.find((option) => option.path === path)?.variable ?? ''
  const { values, errors } = read({}, { [variable]: text })
  return errors[0]?.message ?? values.get(path)?.value
}

describe('unknown options', () => {
  test.each([
    [{ worker: { concurency: 5 } }, 'worker.concurency', 'worker.concurrency'],
    [{ wroker: {} }, 'wroker', 'worker'],
    [{ concurrency: 5 }, 'concurrency', 'worker.concurrency'],
    [{ concurency: 5 }, 'concurency', 'worker.concurrency'],
    [{ worker: { jobs: [] } }, 'worker.jobs', 'jobs'],
    [{ worker: { retention: {} } }, 'worker.retention', 'retention'],
    [{ queue: { queues: { mail: { maxSize: 5 } } } }, 'queue.queues', 'queues'],
    [{ queue: { queues: ['mail'] } }, 'queue.queues', 'worker.queues'],
    [{ retention: { completed: '7d' } }, 'retention.completed', 'retention.complete'],
  ])('%j', (file, path, meant) => {
    expect(read(file).errors).toEqual([{ path, message: `is no option. Did you mean '${meant}'?` }])
  })

  test('nothing is suggested where nothing is near', () => {
    expect(read({ top: 1, xyzzy: 1 }).errors).toEqual([
      { path: 'top', message: expect.stringMatching(/^is no option\./) },
      { path: 'xyzzy', message: 'is no option.' },
    ])
  })

  test('one without a name has a path, too', () => {
    const { errors } = read({ '': 1, worker: { '': 1, concurrency: 2 } })
    expect(errors).toEqual([
      { path: "''", message: 'is no option.' },
      { path: "worker.''", message: 'is no option.' },
    ])
  })
})

describe('values', () => {
  test('one that throws when it is looked at is refused with its path', () => {
    const { proxy, revoke } = Proxy.revocable([], {})
    revoke()
    expect(read({ worker: { queues: proxy } }).errors).toMatchObject([{ path: 'worker.queues' }])
  })

  test('every problem is told, each with its path', () => {
    const file = { worker: { concurrency: 0, lease: 'long' }, log: { level: 'loud' }, queue: 5 }
    expect(read(file).errors.map(({ path }) => path)).toEqual([
      'queue',
      'worker.concurrency',
      'worker.lease',
      'log.level',
    ])
  })

  test('null is as good as nothing: YAML says so for an empty value', () => {
    const { values, errors } = read({ worker: { name: null, queues: null }, log: null })
    expect({ count: values.size, errors }).toEqual({ count: 0, errors: [] })
  })
})

describe('environment variables', () => {
  test('are named after the path by rule', () => {
    const variables = Object.fromEntries(OPTIONS.map(({ path, variable }) => [path, variable]))
    expect(variables).toMatchObject({
      store: 'MILLHAND_STORE',
      'worker.concurrency': 'MILLHAND_WORKER_CONCURRENCY',
      'worker.stopTimeout': 'MILLHAND_WORKER_STOP_TIMEOUT',
      'log.level': 'MILLHAND_LOG_LEVEL',
      'worker.canProcess': undefined,
    })
  })

  test('are read as what the option takes', () => {
    expect(meaningOf('worker.concurrency', '20')).toBe(20)
    expect(meaningOf('worker.lease', '20s')).toBe('20s')
    expect(meaningOf('worker.lease', '20000')).toBe(20_000)
    expect(meaningOf('worker.maintenance', 'false')).toBe(false)
    expect(meaningOf('worker.queues', 'mail, reports')).toEqual(['mail', 'reports'])
    expect(meaningOf('worker.name', '7')).toBe('7')
    expect(meaningOf('log.level', 'warn')).toBe('warn')
    expect(meaningOf('jobs', 'a.ts')).toEqual(['a.ts'])
  })

  test('say their name when they are wrong', () => {
    expect(meaningOf('worker.concurrency', 'ten')).toMatch(
      /^is 'ten' \(MILLHAND_WORKER_CONCURRENCY\), expected a whole number/,
    )
  })

  test('of what no variable can say, are told that it is set in the file', () => {
    const { warnings } = read({}, { MILLHAND_SCHEDULES: '{}', MILLHAND_WORKER_SETUP: './setup.ts' })
    expect(warnings.map(({ message }) => message)).toEqual([
      "sets no option. 'schedules' is set in the configuration file alone.",
      "sets no option. 'worker.setup' is set in the configuration file alone.",
    ])
  })

  test('that are empty are not set; that set nothing are worth a warning', () => {
    const { values, warnings } = read(
      {},
      { MILLHAND_STORE: '', MILLHAND_WORKER_CONCURENCY: '5', MILLHAND_TEST_X: '1' },
    )
    expect(values.size).toBe(0)
    expect(warnings).toEqual([
      {
        path: 'MILLHAND_WORKER_CONCURENCY',
        message: "sets no option. Did you mean 'MILLHAND_WORKER_CONCURRENCY'?",
      },
    ])
  })
})

test('paths of log.redact are a list, and one that the logger would refuse is refused by name', () => {
  expect(meaningOf('log.redact', 'err.message, jobs[*].name')).toEqual(['err.message', 'jobs[*].name'])
  for (const path of ['a..b', 'a[', 'a.', '.a'])
    expect(read({ log: { redact: [path] } }).errors).toMatchObject([{ path: 'log.redact' }])
})
