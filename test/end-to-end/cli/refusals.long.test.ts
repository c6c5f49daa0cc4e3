import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Project, type RunOptions, WITH_JOBS } from './project.ts'

interface Case {
  readonly words: string
  readonly json?: string
  readonly options?: RunOptions
  readonly code: number
  readonly error: string
  readonly message: RegExp
}

const REFUSALS: readonly Case[] = [
  { words: 'jobz', code: 2, error: 'usage', message: /Did you mean one of job, jobs\?/ },
  {
    words: 'jobs --limt 5',
    code: 2,
    error: 'usage',
    message: /Did you mean --limit\? See 'millhand jobs --help'/,
  },
  { words: 'job', code: 2, error: 'usage', message: /missing required argument 'id'/ },
  {
    words: 'jobs --state runing',
    code: 2,
    error: 'invalid_option',
    message: /one or several of pending, running/,
  },
  {
    words: 'jobs --watch --state runing',
    code: 2,
    error: 'invalid_option',
    message: /--state is 'runing', .* Did you mean 'running'\?/,
  },
  {
    words: 'jobs --state success',
    code: 2,
    error: 'invalid_option',
    message: /--state is 'success', .* Did you mean 'complete'\?/,
  },
  {
    words: 'cancel --state delayed --yes',
    code: 2,
    error: 'invalid_option',
    message: /--state is 'delayed', .* Did you mean 'pending'\?/,
  },
  { words: 'jobs --limit many', code: 2, error: 'invalid_option', message: /--limit is 'many'/ },
  { words: 'cancel', code: 2, error: 'usage', message: /ids of jobs, or a filter/ },
  { words: 'retry x --state failed', code: 2, error: 'usage', message: /not both/ },
  {
    words: 'retry --state running --yes',
    code: 2,
    error: 'usage',
    message: /failed or cancelled can be retried/,
  },
  { words: 'enqueue mail.snd', code: 2, error: 'unknown_job', message: /Did you mean 'mail.send'\?/ },
  {
    words: 'enqueue mail.send JSON',
    json: '{"to":5}',
    code: 2,
    error: 'invalid_input',
    message: /to: .*expected string/,
  },
  {
    words: 'enqueue mail.send JSON',
    json: '{to:1}',
    code: 2,
    error: 'invalid_json',
    message: /line 1, column 2, near "to:1}"/,
  },
  {
    words: 'enqueue mail.send -',
    options: { input: '' },
    code: 2,
    error: 'invalid_json',
    message: /near its end/,
  },
  {
    words: 'enqueue mail.send JSON --run-at noon',
    json: '{"to":"a"}',
    code: 2,
    error: 'usage',
    message: /--run-at is 'noon'/,
  },
  {
    words: 'enqueue mail.send JSON --run-at 2026-02-30T08:00:00Z',
    json: '{"to":"a"}',
    code: 2,
    error: 'usage',
    message: /there is no such day/,
  },
  {
    words: 'enqueue mail.send JSON',
    json: '{"to":"a","id":12345678901234567890}',
    code: 2,
    error: 'inexact_json',
    message:
      /12345678901234567890 would become 12345678901234567000 \(pass it as a text\), at line 1, column 16/,
  },
  {
    words: 'cancel --error JSON --yes',
    json: '',
    code: 2,
    error: 'usage',
    message: /--error <text>' argument '' is invalid\. It is empty/,
  },
  {
    words: 'retry --state failed --state running --yes',
    code: 2,
    error: 'usage',
    message: /failed or cancelled can be retried, not running ones/,
  },
  { words: 'retry --scheduled --yes', code: 2, error: 'usage', message: /not pending ones/ },
  {
    words: 'jobs --scheduled --state failed',
    code: 2,
    error: 'invalid_option',
    message: /no --state beside it but 'pending'/,
  },
  {
    words: 'enqueue mail.send JSON --priority high',
    json: '{"to":"a"}',
    code: 2,
    error: 'invalid_option',
    message: /--priority is 'high'/,
  },
  { words: 'enqueue mail.send --attempts 3', code: 2, error: 'usage', message: /Did you mean '--retries'\?/ },
  { words: 'job nobody', code: 3, error: 'job_not_found', message: /No job has the id 'nobody'/ },
  { words: 'explain', code: 2, error: 'usage', message: /say which job, or which queue with --queue/ },
  { words: 'explain last --queue mail', code: 2, error: 'usage', message: /and not both/ },
  { words: 'explain nobody', code: 3, error: 'job_not_found', message: /'nobody'/ },
  { words: 'pause in%valid', code: 2, error: 'invalid_name', message: /queue name/ },
  {
    words: 'prune --complete 7',
    code: 2,
    error: 'usage',
    message: /--complete.*argument '7' is invalid\. It has no unit/,
  },
  { words: 'prune --failed soon', code: 2, error: 'invalid_option', message: /--failed is 'soon'/ },
  { words: 'jobs --store sqlite:elsewhere.db', code: 3, error: 'store_missing', message: /elsewhere\.db/ },
  { words: 'jobs --store memory:', code: 2, error: 'not_supported', message: /one process alone/ },
  {
    words: 'jobs --store redis://here',
    code: 2,
    error: 'config_invalid',
    message: /^--store is 'redis:\/\/here', there is no store on Redis: a SQLite file, or PostgreSQL\.$/,
  },
  {
    words: 'work --concurrency 0',
    code: 2,
    error: 'config_invalid',
    message: /^--concurrency is '0', expected a whole number/,
  },
  { words: 'dev --processes none', code: 2, error: 'usage', message: /--processes is 'none'/ },
  { words: 'work --config nowhere.ts', code: 2, error: 'config_not_found', message: /nowhere\.ts/ },
]

test('what cannot be done is refused with an exit code, a code and what to do', async () => {
  const project = new Project(WITH_JOBS)
  await project.run('migrate')
  for (let from = 0; from < REFUSALS.length; from += 4) {
    const group = REFUSALS.slice(from, from + 4)
    const ended = await Promise.all(
      group.map(({ words, json, options }) =>
        project.run(`${words} --json`, { ...options, ...(json && { json }) }),
      ),
    )
    for (const [index, { words, code, error, message }] of group.entries()) {
      const { stderr = '', stdout, code: got } = ended[index] ?? {}
      const told = { words, code: got, stdout, ...JSON.parse(stderr) }
      const expected = { code: error, message: expect.stringMatching(message), facts: expect.any(Object) }
      expect(told).toEqual({ words, code, stdout: '', error: expected })
    }
  }
})

describe('a configuration that is wrong', () => {
  test('is told at once, with every path; commands with --store work all the same', async () => {
    const project = new Project({
      'millhand.yaml': 'worker: { concurency: 5, lease: soon }\njobs: [none.ts]\n',
    })
    const checked = await project.run('check')
    expect(checked.code).toBe(2)
    expect(checked.stdout.split('\n').slice(0, 3)).toEqual([
      "error  worker.concurency: is no option. Did you mean 'worker.concurrency'?",
      expect.stringMatching(/^error {2}worker\.lease: is 'soon', expected a duration/),
      expect.stringMatching(/^error {2}jobs\[0\]: no file is at 'none\.ts'/),
    ])
    expect(await project.run('queues')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('(config_invalid)'),
    })
    await project.run('migrate --store sqlite:jobs.db')
    expect(await project.json('queues --store sqlite:jobs.db')).toEqual([])
  })

  test('a module that throws is told with the place', async () => {
    const project = new Project({
      'millhand.config.ts': "const a: number = 1\nthrow new Error('no key')\nexport default {}",
    })
    const { code, stderr } = await project.run('check')
    expect(code).toBe(2)
    expect(stderr).toMatch(/no key \(.*millhand\.config\.ts:2\) \(config_load_failed\)/)
  })

  test.skipIf(process.platform === 'win32')(
    'of a folder that others may write is named, and not run',
    async () => {
      const project = new Project({
        'shared/millhand.config.ts': "console.log('mine now')\nexport default {}",
        'shared/app/package.json': '{}',
      })
      chmodSync(`${project.folder}/shared`, 0o1777)
      const cwd = `${project.folder}/shared/app`
      const { code, stdout, stderr } = await project.run('stats', { cwd })
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('shared/millhand.config.ts was found and not loaded')
      expect(stderr).toContain('(config_untrusted)')
      expect((await project.run('check --config ../millhand.config.ts', { cwd })).stdout).toContain(
        'mine now',
      )
    },
  )

  test('none at all is an error for what needs jobs', async () => {
    const project = new Project()
    const [checked, worked] = await Promise.all([project.run('check'), project.run('work')])
    expect(checked).toMatchObject({ code: 2, stderr: expect.stringContaining('(config_not_found)') })
    expect(worked).toMatchObject({ code: 2, stderr: expect.stringContaining('(config_not_found)') })
  })

  test('warnings are no failure', async () => {
    const project = new Project({ 'jobs.ts': WITH_JOBS['jobs.ts'], 'millhand.yaml': 'jobs: [jobs.ts]' })
    const checked = await project.json('check', { env: { MILLHAND_WORKER_CONCURRENCY: '5000' } })
    expect(checked).toMatchObject({
      ok: true,
      jobs: expect.arrayContaining(['mail.send', 'test.patient', 'test.stubborn']),
      warnings: [{ path: 'store' }, { path: 'worker.concurrency' }],
    })
  })
})

test('a file that is no database is told, by a command and by the doctor', async () => {
  const project = new Project()
  writeFileSync(
    join(project.folder, 'text.db'),
    'no database, but a text that is long enough to be read as one\n'.repeat(100),
  )
  const [listed, examined] = await Promise.all([
    project.run('jobs --store sqlite:text.db'),
    project.run('doctor --store sqlite:text.db --json'),
  ])
  expect(listed).toMatchObject({ code: 1, stderr: expect.stringContaining('(store_corrupt)') })
  expect(examined.code).toBe(1)
  expect(JSON.parse(examined.stdout).checks).toContainEqual(
    expect.objectContaining({ check: 'opens', level: 'fail' }),
  )
})
