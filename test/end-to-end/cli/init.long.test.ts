import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ROOT } from '../../repository/reading/files.ts'
import { Packed, plainEnvironment } from '../../support/packed.ts'

const COMPILERS = ['typescript-5.9', 'typescript']

const MAIN = 'node_modules/millhand/dist/cli/main.js'

const run = promisify(execFile)
let packed: Packed
beforeAll(async () => {
  packed = await Packed.make()
})
afterAll(() => packed?.remove())

/** What `npm install millhand` leaves in `package.json`, by how the folder was made. */
const PACKAGES = {
  'an empty folder': undefined,
  'a package of modules': { type: 'module' },
  'a package of CommonJS, as npm makes it': { type: 'commonjs' },
  'a package that does not say': { dependencies: { millhand: '^0.1.0' } },
}

describe.each(Object.entries(PACKAGES))('in %s', (name, manifest) => {
  let folder: string
  beforeAll(() => {
    folder = packed.install(name.replaceAll(/\W/g, '-'), ['@types/node', 'undici-types'])
    if (manifest) writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest))
  })

  test('init ends with a job that has run, and says what was made', async () => {
    const { files, job } = await init(folder)
    expect(job).toMatchObject({ name: 'app.greet', output: { greeting: 'Good day, world.' } })
    const kept = files.filter(({ status }) => status === 'kept').map(({ path }) => path)
    expect(kept).toEqual(manifest ? ['package.json'] : [])
  })

  test.each(COMPILERS)('%s has nothing to say about it', async (compiler) => {
    const script = join(ROOT, 'node_modules', compiler, 'bin/tsc')
    const { stdout } = await run(process.execPath, [script, '--noEmit'], { cwd: folder }).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toBe('')
  })

  test('its server enqueues what a worker then does', async () => {
    const { post, get, stop } = await serve(folder)
    const { id } = await post<{ id: string }>('/greet?name=Ada')
    await millhand(folder, 'work', '--until-idle', '--log-level', 'silent')
    expect(await get(`/jobs/${id}`)).toMatchObject({
      state: 'complete',
      output: { greeting: 'Good day, Ada.' },
    })
    expect(await stop()).toBe(0)
  })

  test('its server is for this machine, and where it cannot listen it says what to do, and ends', async () => {
    const { address, port, stop } = await serve(folder)
    expect(address).toBe('127.0.0.1')
    for (const [given, problem] of [
      [port, 'EADDRINUSE'],
      ['70000', '< 65536'],
    ] as const) {
      const env = { ...plainEnvironment(), PORT: given }
      const ended = run(process.execPath, [serverOf(folder)], { cwd: folder, env })
      const said = new RegExp(`The server cannot listen: .*${problem}.* Another port: PORT=3001 node server`)
      await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(said) })
    }
    expect(await stop()).toBe(0)
  })

  test('check has nothing to say about it either', async () => {
    expect(await millhand(folder, 'check')).toMatchObject({ ok: true, warnings: [], jobs: ['app.greet'] })
  })
})

test('where the package is not installed yet, it says how to go on', async () => {
  const folder = join(packed.contents, '../nothing-installed')
  mkdirSync(folder)
  const main = join(packed.install('elsewhere'), MAIN)
  const { stdout } = await run(process.execPath, [main, 'init', '--json'], { cwd: folder })
  const { job, next }: Told = JSON.parse(stdout)
  expect(job).toBeNull()
  expect(next.map(({ command }) => command)).toEqual(['npm install millhand', 'npx millhand init'])
})

test('a configuration of the user is kept, and no job is put where it says', async () => {
  const folder = packed.install('configured')
  writeFileSync(join(folder, 'millhand.yaml'), 'store: sqlite:theirs.db\n')
  expect((await init(folder)).job).toBeNull()
})

interface Told {
  readonly files: readonly { readonly path: string; readonly status: string }[]
  readonly job: object | null
  readonly next: readonly { readonly command: string }[]
}

async function init(folder: string): Promise<Told> {
  return (await millhand(folder, 'init')) as Told
}

async function millhand(folder: string, command: string, ...flags: string[]): Promise<unknown> {
  const { stdout } = await run(process.execPath, [MAIN, command, ...flags, '--json'], {
    cwd: folder,
    env: plainEnvironment(),
  })
  return JSON.parse(stdout)
}

function serverOf(folder: string): string {
  return readdirSync(folder).find((name) => name.startsWith('server.')) ?? ''
}

/** The server of a folder, on a port that is free. */
async function serve(folder: string) {
  const env = { ...plainEnvironment(), PORT: '0' }
  const child = spawn(process.execPath, [serverOf(folder)], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [told] = (await once(child.stdout, 'data')) as [Buffer]
  const [, port = ''] = /port: (\d+)/.exec(String(told)) ?? []
  const [, address] = /address: '([^']+)'/.exec(String(told)) ?? []
  const base = `http://localhost:${port}`
  const ask = async (path: string, method: string) => (await fetch(base + path, { method })).json()
  return {
    address,
    port,
    post: <Answer>(path: string) => ask(path, 'POST') as Promise<Answer>,
    get: (path: string) => ask(path, 'GET'),
    async stop(): Promise<unknown> {
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      return code
    },
  }
}
