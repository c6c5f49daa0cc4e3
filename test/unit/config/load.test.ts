import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CheckedConfig, checkConfig, type LoadOptions, loadConfig } from '../../../src/config/index.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millhand-config-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
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
  ])('a module that %s', async (_, text, message) => {
    write('millhand.config.ts', text)
    await expect(check()).rejects.toMatchObject({
      code: 'config_load_failed',
      message: expect.stringMatching(message),
    })
  })

  test('YAML with a mistake says the line', async () => {
    write('millhand.yaml', 'worker:\n  concurrency: 1\n  - 2\n')
    await expect(check()).rejects.toMatchObject({
      code: 'config_load_failed',
      message: expect.stringMatching(/line \d/),
    })
  })

  test('an empty YAML file is an empty configuration', async () => {
    write('millhand.yaml', '# nothing yet\n')
    expect((await check()).errors).toEqual([])
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
    write('millhand.yaml', 'jobs: [missing.ts, "none/*.ts", broken.mjs, 5]')
    const { errors } = await check()
    expect(errors.map(({ path }) => path)).toEqual(['jobs[0]', 'jobs[1]', 'jobs[2]', 'jobs[3]'])
    expect(errors[2]?.message).toMatch(/broken\.mjs cannot be loaded: no key/)
  })

  test('two definitions of one name are refused', async () => {
    write('a.mjs', `export const a = ${JOB('same')}; export const b = ${JOB('same')}`)
    write('millhand.yaml', 'jobs: [a.mjs]')
    expect((await check()).errors).toMatchObject([
      { path: 'jobs', message: expect.stringContaining("'same'") },
    ])
  })

  test('are not loaded for a command that does not need them', async () => {
    write('millhand.yaml', 'jobs: [missing.ts]')
    expect((await check({ jobs: false })).errors).toEqual([])
  })
})

test('loadConfig refuses with every problem at once', async () => {
  write('millhand.yaml', 'worker: { concurency: 5, lease: soon }\nstore: 7\n')
  const refused = loadConfig({ cwd: folder, env: {} })
  await expect(refused).rejects.toMatchObject({
    code: 'config_invalid',
    facts: { problems: [{ path: 'worker.concurency' }, { path: 'store' }, { path: 'worker.lease' }] },
  })
})
