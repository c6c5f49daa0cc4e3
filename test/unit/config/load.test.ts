import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type CheckedConfig, checkConfig, type LoadOptions, loadConfig } from '../../../src/config/index.ts'
import { whyForeign } from '../../../src/config/trust.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millhand-config-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const file = join(folder, path)
  // Whatever the umask: what the group may write is nobody's own.
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text)
  return file
}

/** A definition as a module writes it, without a package to import it from. */
const JOB = (name: string) => `{
  name: '${name}', queue: 'default', priority: 0, retries: 3, retry: {}, handle() {}, run() {} }`

function check(options: LoadOptions = {}): Promise<CheckedConfig> {
  return checkConfig({ cwd: folder, env: {}, ...options })
}

describe('finding the file', () => {
  test('the nearest one upwards is read', async () => {
    write('millhand.yaml', 'worker: { concurrency: 1 }')
    const nearer = write('app/millhand.yaml', 'worker: { concurrency: 2 }')
    mkdirSync(join(folder, 'app/deep/er'), { recursive: true })
    const { config } = await check({ cwd: join(folder, 'app/deep/er') })
    expect(config).toMatchObject({ file: nearer, folder: join(folder, 'app'), worker: { concurrency: 2 } })
  })

  test('code wins over YAML beside it, and a warning says so', async () => {
    const code = write('millhand.config.ts', 'export default { worker: { concurrency: 3 as number } }')
    const yaml = write('millhand.yaml', 'worker: { concurrency: 1 }')
    const { config, warnings } = await check()
    expect(config).toMatchObject({ file: code, worker: { concurrency: 3 } })
    expect(warnings).toContainEqual({ path: yaml, message: `is not read: ${code} is beside it and wins` })
  })

  test('the named one is read, by an option or by MILLHAND_CONFIG', async () => {
    const file = write('deploy/production.yaml', 'worker: { concurrency: 4 }')
    expect((await check({ file: 'deploy/production.yaml' })).config.file).toBe(file)
    expect((await check({ env: { MILLHAND_CONFIG: 'deploy/production.yaml' } })).config.file).toBe(file)
    await expect(check({ file: 'nowhere.yaml' })).rejects.toMatchObject({ code: 'config_not_found' })
  })

  test('none is fine: everything has its default', async () => {
    const { config, errors } = await check()
    expect(errors).toEqual([])
    expect(config).toMatchObject({ file: undefined, store: `sqlite:${join(folder, '.millhand/dev.db')}` })
    expect(config.log).toEqual({ level: 'info', format: 'auto' })
  })
})

describe('a file that cannot be loaded', () => {
  test.each([
    ['throws', "throw new Error('no database today')", /no database today/],
    ['has no default export', 'export const config = {}', /no default export/],
    ['exports a function', 'export default () => ({})', /expected an object of options/],
    ['exports nothing', 'export default undefined', /it holds undefined, expected an object of options/],
    [
      'exports a promise',
      "export default Promise.resolve({ store: 'sqlite:a.db' })",
      /it holds a promise, expected an object of options\. Put await before it: export default await/,
    ],
    ['exports what has no options', 'export default new Map()', /it holds .*, expected an object of options/],
    [
      'throws when an option is read',
      "export default { worker: { get name() { throw new Error('NAME is not set') } } }",
      /cannot be loaded: NAME is not set/,
    ],
    ['exports a proxy that throws', 'export default new Proxy({}, { ownKeys: () => 1 })', /cannot be loaded/],
  ])('a module that %s', async (_, text, message) => {
    write('millhand.config.ts', text)
    await expect(check()).rejects.toMatchObject({
      code: 'config_load_failed',
      message: expect.stringMatching(message),
    })
  })

  test('a folder in its place is told so', async () => {
    await expect(check({ file: '.' })).rejects.toMatchObject({
      code: 'config_load_failed',
      message: `The configuration ${folder} cannot be loaded: it is a folder. Name the file in it`,
    })
  })

  test('YAML with a mistake says the line', async () => {
    write('millhand.yaml', 'worker:\n  concurrency: 1\n  - 2\n')
    await expect(check()).rejects.toMatchObject({
      code: 'config_load_failed',
      message: expect.stringMatching(/line \d/),
    })
  })

  test('a template that nobody has filled in is refused where it stands, and the parser has no word of its own', async () => {
    const warn = vi.spyOn(process, 'emitWarning')
    onTestFinished(() => warn.mockRestore())
    write('millhand.yaml', 'store: {{ STORE }}\n')
    const { errors } = await check()
    expect(errors).toMatchObject([{ path: 'store' }])
    expect(warn).not.toHaveBeenCalled()
  })

  test('YAML that takes memory: for a key is told how to say it', async () => {
    write('millhand.yaml', 'store: memory: # for now\n')
    await expect(check()).rejects.toThrow(/Quote it: store: 'memory:'/)
  })

  test('an empty YAML file is an empty configuration', async () => {
    write('millhand.yaml', '# nothing yet\n')
    expect((await check()).errors).toEqual([])
  })
})

describe.skipIf(process.platform === 'win32')('a configuration that was found', () => {
  const refused = (problem: string) =>
    expect.objectContaining({ code: 'config_untrusted', message: expect.stringContaining(problem) })

  test.each([
    ['everybody, sticky or not', 0o1777],
    ['its group', 0o770],
  ])('in a folder above that is writable for %s is not run, and named', async (_, mode) => {
    const file = write('open/millhand.config.ts', 'globalThis.wasRun = true; export default {}')
    mkdirSync(join(folder, 'open/app'))
    chmodSync(join(folder, 'open'), mode)
    const here = { cwd: join(folder, 'open/app') }
    await expect(check(here)).rejects.toEqual(refused(`others than its owner may write ${dirname(file)}`))
    await expect(check(here)).rejects.toEqual(refused(`--config '${file}'`))
    expect(globalThis).not.toHaveProperty('wasRun')
  })

  test('is loaded all the same where it is named', async () => {
    const file = write('open/millhand.yaml', 'worker: { concurrency: 5 }')
    mkdirSync(join(folder, 'open/app'))
    chmodSync(join(folder, 'open'), 0o777)
    const cwd = join(folder, 'open/app')
    expect((await check({ cwd, file: '../millhand.yaml' })).config.worker.concurrency).toBe(5)
    expect((await check({ cwd, env: { MILLHAND_CONFIG: file } })).config.worker.concurrency).toBe(5)
  })

  test('above, writable for others itself or behind a link into such a folder, is not loaded', async () => {
    const file = write('own/millhand.yaml', 'worker: { concurrency: 5 }')
    const cwd = join(folder, 'own/app')
    mkdirSync(cwd)
    chmodSync(file, 0o666)
    await expect(check({ cwd })).rejects.toEqual(refused(`may write ${file}`))
    const shared = write('shared/millhand.yaml', '')
    chmodSync(join(folder, 'shared'), 0o777)
    rmSync(file)
    symlinkSync(shared, file)
    await expect(check({ cwd })).rejects.toEqual(refused(`may write ${dirname(shared)}`))
  })

  test('in the working folder is loaded where it is the own one, whoever may write the folder', async () => {
    write('open/millhand.yaml', 'worker: { concurrency: 5 }')
    chmodSync(join(folder, 'open'), 0o1777)
    expect((await check({ cwd: join(folder, 'open') })).config.worker.concurrency).toBe(5)
  })

  test('that belongs to another user is foreign anywhere, and that of root nowhere', () => {
    const file = write('millhand.yaml', '')
    const [mine, other] = [process.geteuid?.() ?? 0, 4_242]
    expect(whyForeign(file, { above: true, user: mine })).toBeUndefined()
    expect(whyForeign(file, { above: false, user: undefined })).toBeUndefined()
    const passwords = '/etc/passwd'
    expect(whyForeign(passwords, { above: true, user: other })).toBeUndefined()
    if (mine !== 0) expect(whyForeign(file, { above: false, user: other })).toContain('another user')
    else {
      chownSync(file, other, other)
      expect(whyForeign(file, { above: false, user: mine })).toContain(`${file} belongs to another user`)
      expect(whyForeign(file, { above: true, user: mine })).toContain(`${file} belongs to another user`)
    }
  })
})

describe('YAML that is hostile', () => {
  const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x]']
  for (let level = 1; level < 12; level += 1)
    bomb.push(`a${level}: &a${level} [${Array(9).fill(`*a${level - 1}`)}]`)

  test.each([
    [
      'aliases that expand without end',
      `${bomb.join('\n')}\njobs: *a11`,
      /millhand\.yaml.*\*a3 .*more than 10000.*line 5/,
    ],
    [
      'an alias of nothing',
      'worker:\n  name: *nobody',
      /\*nobody cannot be used: no anchor.*line 2, column 9/,
    ],
    ['an alias of what comes later', 'queue: { a: *b }\nworker: &b {}', /\*b .*line 1/],
    ['an alias within itself', 'jobs: &jobs\n  - *jobs', /\*jobs .*part of itself.*line 2/],
    ['an unknown tag', 'worker:\n  name: !secret x', /Unresolved tag: !secret.*line 2/s],
    ['two documents', 'worker: {}\n---\nworker: {}', /line 2/],
    ['more than any configuration', '#'.repeat(300_000), /larger than 256 KiB/],
    ['brackets without end', `jobs: ${'['.repeat(20_000)}`, /nested too deeply|line 1/],
  ])('as %s says what and where', async (_, text, message) => {
    write('millhand.yaml', text)
    await expect(check()).rejects.toMatchObject({
      code: 'config_load_failed',
      message: expect.stringMatching(message),
    })
  })

  test('as a folder by its name', async () => {
    mkdirSync(join(folder, 'millhand.yaml'))
    await expect(check()).rejects.toMatchObject({ code: 'config_load_failed' })
  })

  test('aliases that are none of that are read', async () => {
    write('millhand.yaml', 'queue: { busyTimeout: &long 90s }\nworker: { lease: *long }')
    expect((await check()).config.worker).toEqual({ lease: '90s' })
  })
})

describe('what wins', () => {
  test('a flag over the environment, and that over the file', async () => {
    write('millhand.yaml', 'worker: { concurrency: 1, lease: 20s, name: file }')
    const env = { MILLHAND_WORKER_CONCURRENCY: '2', MILLHAND_WORKER_LEASE: '30s' }
    const flags = [{ path: 'worker.concurrency', flag: '--concurrency', text: '3' }]
    const { config } = await check({ env, flags })
    expect(config.worker).toEqual({ concurrency: 3, lease: '30s', name: 'file' })
  })

  test('a path of the file is relative to the file, one of the environment to where the command runs', async () => {
    write('millhand.yaml', 'store: sqlite:data/jobs.db')
    const cwd = join(folder, 'elsewhere')
    mkdirSync(cwd)
    expect((await check({ cwd })).config.store).toBe(`sqlite:${join(folder, 'data/jobs.db')}`)
    const env = { MILLHAND_STORE: 'sqlite:data/jobs.db' }
    expect((await check({ cwd, env })).config.store).toBe(`sqlite:${join(cwd, 'data/jobs.db')}`)
  })
})

describe('jobs', () => {
  test('modules are found by path and by glob, with every definition that they export', async () => {
    write('jobs/a.ts', `export const first = ${JOB('a.first')}; export default first; export const other = 1`)
    write('jobs/deep/b.mjs', `export const all = [${JOB('b.one')}, ${JOB('b.two')}]`)
    write('jobs/deep/b.d.mts', 'export {}')
    write('millhand.yaml', 'jobs: [./jobs/a.ts, "jobs/**/*.mjs"]')
    const { config, errors } = await check()
    expect(errors).toEqual([])
    expect(config.definitions.map((each) => each.name)).toEqual(['a.first', 'b.one', 'b.two'])
  })

  test('a spec stands aside for the definition that was made of it, and alone is worth a warning', async () => {
    const spec = (name: string) => JOB(name).replace(', run() {}', '')
    write('a.mjs', `export const spec = ${spec('a.one')}; export const made = ${JOB('a.one')}`)
    write('b.mjs', `export const lone = ${spec('b.lone')}`)
    write('millhand.yaml', 'jobs: [a.mjs, b.mjs]')
    const { config, errors, warnings } = await check()
    expect(errors).toEqual([])
    expect(config.specs.map((each) => each.name)).toEqual(['a.one', 'b.lone'])
    expect(config.definitions.map((each) => each.name)).toEqual(['a.one'])
    expect(warnings.map(({ message }) => message).join()).toContain("'b.lone' has no handler")
  })

  test('each module that cannot be had is an error of its own', async () => {
    write('broken.mjs', "throw new Error('no key')")
    write('folder/inner/a.mjs', '')
    write('millhand.yaml', 'jobs: [missing.ts, "none/*.ts", broken.mjs, 5, ./folder, "folder/*", "\\0"]')
    const { errors } = await check()
    expect(errors.map(({ path }) => path)).toEqual([0, 1, 2, 3, 4, 5, 6].map((index) => `jobs[${index}]`))
    expect(errors[2]?.message).toMatch(/broken\.mjs cannot be loaded: no key/)
    expect(errors[4]?.message).toBe("'./folder' is a folder, expected modules in it, such as './folder/*.ts'")
    expect(errors[5]?.message).toBe(`no file is at 'folder/*', seen from ${folder}`)
  })

  test('two definitions of one name are refused', async () => {
    write('a.mjs', `export const a = ${JOB('same')}; export const b = ${JOB('same')}`)
    write('millhand.yaml', 'jobs: [a.mjs]')
    expect((await check()).errors).toMatchObject([
      { path: 'jobs', message: expect.stringContaining("'same'") },
    ])
  })

  test('two values of one limit are refused', async () => {
    const limit = (concurrency: number) =>
      `limits: [{ limit: { name: 'smtp', concurrency: ${concurrency}, rateCount: null, ratePerMs: null }, key: 'smtp', cost: 1 }]`
    const limited = (name: string, concurrency: number) =>
      JOB(name).replace(', run() {}', `, run() {}, ${limit(concurrency)}`)
    write('a.mjs', `export const a = ${limited('a.one', 1)}; export const b = ${limited('a.two', 2)}`)
    write('millhand.yaml', 'jobs: [a.mjs]')
    const message = expect.stringMatching(/'smtp' lets 1 at a time pass in job 'a.one', and 2 .* 'a.two'/)
    expect((await check()).errors).toMatchObject([{ path: 'jobs', message }])

    write('one.mjs', `export const a = ${limited('a.one', 1)}`)
    const inQueues = 'queues: { mail: { limits: [{ key: smtp, concurrency: 3 }] } }'
    write('millhand.yaml', `jobs: [one.mjs]\n${inQueues}`)
    expect((await check()).errors).toMatchObject([
      { path: 'limits', message: expect.stringMatching(/in job 'a.one', and 3 at a time in queue 'mail'/) },
    ])
    write('millhand.yaml', `${inQueues}\nlimits: [{ key: smtp, concurrency: 4 }]`)
    expect((await check()).errors).toMatchObject([
      {
        path: 'limits',
        message: expect.stringMatching(/3 .* in queue 'mail', and 4 at a time in all queues/),
      },
    ])
  })

  test('each schedule with which no worker starts is an error, with its path', async () => {
    const schema = `{ '~standard': { version: 1, vendor: 'test',
      validate: (value) => value?.n === 1 ? { value } : { issues: [{ message: 'expected n to be 1' }] } } }`
    const strict = JOB('a.strict').replace(', run() {}', `, run() {}, input: ${schema}`)
    write('a.mjs', `export const a = ${strict}; export const b = ${JOB('b.*')}`)
    const schedules = `
  fine: { job: a.strict, input: { n: 1 }, every: 1h }
  prefixed: { job: b.one, every: 1h }
  wrong: { job: a.strict, input: { n: x }, every: 1h }
  lacking: { job: a.strict, every: 1h }
  slip: { job: a.strict, input: { n: 1 }, evry: 1h }`
    write('millhand.yaml', `jobs: [a.mjs]\nschedules:${schedules}`)
    const { errors } = await check()
    expect(errors).toEqual([
      { path: 'schedules.wrong', message: expect.stringContaining('expected n to be 1') },
      { path: 'schedules.lacking', message: expect.stringContaining("has no 'input', which its job needs") },
      { path: 'schedules.slip', message: expect.stringContaining("Did you mean 'every'?") },
    ])
    write('millhand.yaml', `jobs: [a.mjs]\nschedules:${schedules.split('\n').slice(0, 3).join('\n')}`)
    expect(await check()).toMatchObject({ errors: [], warnings: [{ path: 'store' }] })
  })

  test('are not loaded for a command that does not need them', async () => {
    write('millhand.yaml', 'jobs: [missing.ts]')
    expect((await check({ jobs: false })).errors).toEqual([])
  })
})

test('a slip in what loadConfig is given is refused, and so is a folder that is not there', async () => {
  const slips: [unknown, string][] = [
    [{ cdw: folder }, "Did you mean 'cwd'?"],
    [{ config: folder }, "no option 'config'"],
    [{ cwd: 5 }, "option 'cwd' is 5"],
    [{ jobs: 'no' }, "option 'jobs' is 'no'"],
    [{ cwd: `${folder}/nowhere` }, 'nowhere'],
  ]
  for (const [given, words] of slips) await expect(loadConfig(given as LoadOptions)).rejects.toThrow(words)
})

test('loadConfig refuses where nothing says what the store is, unless it need not be said', async () => {
  const options = { cwd: folder, env: {} }
  await expect(loadConfig(options)).rejects.toMatchObject({ code: 'config_not_found' })
  expect((await loadConfig({ ...options, required: false })).config.storeNamed).toBe(false)
  const env = { MILLHAND_STORE: 'sqlite:jobs.db' }
  expect((await loadConfig({ cwd: folder, env })).config.storeNamed).toBe(true)
})

test('loadConfig refuses with every problem at once', async () => {
  write('millhand.yaml', 'worker: { concurency: 5, lease: soon }\nstore: 7\n')
  const refused = loadConfig({ cwd: folder, env: {} })
  await expect(refused).rejects.toMatchObject({
    code: 'config_invalid',
    facts: { problems: [{ path: 'worker.concurency' }, { path: 'store' }, { path: 'worker.lease' }] },
  })
})

describe('what a flag or a variable has set, and the worker refuses', () => {
  test.each([
    [
      'worker.role',
      'medai',
      /^is 'medai' \(--role\), expected one of the roles, media\. Did you mean 'media'\?$/,
    ],
    ['worker.capabilities', 'g p', /^is 'g p' \(--capabilities\), expected texts of 1 to 64 /],
    ['worker.queues', 'a b', /^is 'a b' \(--queues\), expected 1 to 128 letters/],
  ])('%s is told by the name of that', async (path, text, message) => {
    write('millhand.yaml', "roles: { media: ['video.*'] }")
    const option = path.replace('worker.', '')
    const [flag, variable] = [`--${option}`, `MILLHAND_WORKER_${option.toUpperCase()}`]
    const { errors } = await check({ flags: [{ path, flag, text }] })
    expect(errors).toEqual([{ path, message: expect.stringMatching(message) }])
    const ofVariable = await check({ env: { [variable]: text } })
    expect(ofVariable.errors).toMatchObject([{ path, message: expect.stringContaining(`(${variable})`) }])
    write(
      'millhand.yaml',
      `roles: { media: ['video.*'] }\nworker: { ${option}: ${option === 'role' ? text : `[${text}]`} }`,
    )
    expect((await check()).errors).toMatchObject([{ path: 'worker' }])
  })
})
