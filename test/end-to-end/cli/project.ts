import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type Deferred, deferred } from '../../../src/kit/deferred.ts'
import { BOUND_MS, within } from '../../support/child.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const MAIN = join(ROOT, 'src/cli/main.ts')
/** Reading the sources anew for each of many short processes takes longer than the tests themselves. */
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/millhand-cli')

/** How a command line ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** A folder as a user has one: a configuration, modules with jobs, and the package. Removed when the test ends. */
export class Project {
  readonly folder: string

  constructor(files: Readonly<Record<string, string>> = {}) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'millhand-cli-')))
    for (const [path, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
      this.write(path, text)
    }
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(ROOT, join(this.folder, 'node_modules/millhand'))
    symlinkSync(join(ROOT, 'node_modules/zod'), join(this.folder, 'node_modules/zod'))
    onTestFinished(() => rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 }))
  }

  /** Where the configuration of these tests has its jobs. */
  get store(): string {
    return `sqlite:${this.folder}/data/jobs.db`
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  /** Runs `millhand` with these words to its end. */
  async run(words: string, options: RunOptions & { readonly json?: string } = {}): Promise<Ended> {
    const running = this.start(words, options)
    return within(running.ended, BOUND_MS, () => `the end of 'millhand ${words}': ${running.text}`)
  }

  /** Runs `millhand` with these words and `--json`; gives the document that it printed. */
  async json<Document>(
    words: string,
    options: RunOptions & { readonly json?: string } = {},
  ): Promise<Document> {
    const { code, stdout, stderr } = await this.run(`${words} --json`, options)
    if (code !== 0) throw new Error(`millhand ${words} ended with ${code}: ${stderr}`)
    return JSON.parse(stdout)
  }

  /** Starts `millhand` with these words; `json` stands where the words say JSON. */
  start(words: string, { json, input, env, cwd }: RunOptions & { readonly json?: string } = {}): Running {
    const args = words.split(' ').map((word) => (word === 'JSON' ? (json ?? '') : word))
    const child = spawn(process.execPath, [...process.execArgv, MAIN, ...args], {
      cwd: cwd ?? this.folder,
      env: { ...process.env, NODE_COMPILE_CACHE, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    child.stdin.end(input)
    const running = new Running(child)
    onTestFinished(() => running.remove())
    return running
  }
}

/** A command line that runs. */
export class Running {
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #unread = 0
  #waiting: { readonly fits: RegExp; readonly found: Deferred<string> } | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line))
    const ended = deferred<Ended>()
    child.on('close', (code) => ended.resolve({ code, stdout: stdout(), stderr: stderr() }))
    this.ended = ended.promise
  }

  /** Everything that it has written to its output so far. */
  get text(): string {
    return this.#lines.join('\n')
  }

  /** The next line of its output that fits and that no call has passed by. */
  async line(fits: RegExp): Promise<string> {
    const found = deferred<string>()
    this.#waiting = { fits, found }
    this.#look()
    return within(found.promise, BOUND_MS, () => `a line like ${fits}: ${this.text}`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Sends the signal and waits for the end that it brings. */
  async end(name: NodeJS.Signals): Promise<Ended> {
    this.signal(name)
    return within(this.ended, BOUND_MS, () => `the end after ${name}: ${this.text}`)
  }

  async remove(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  #hear(line: string): void {
    this.#lines.push(line)
    this.#look()
  }

  #look(): void {
    while (this.#waiting && this.#unread < this.#lines.length) {
      const line = this.#lines[this.#unread] ?? ''
      this.#unread += 1
      if (!this.#waiting.fits.test(line)) continue
      this.#waiting.found.resolve(line)
      this.#waiting = undefined
    }
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  return () => text
}

/** A module with the jobs of these tests. */
export const JOBS = `
import { defineJob } from 'millhand'
import { z } from 'zod'

export const send = defineJob({
  name: 'mail.send',
  input: z.object({ to: z.string(), fail: z.string().optional() }),
  output: z.object({ sentTo: z.string() }),
  retries: 0,
  run(input, ctx) {
    ctx.log.info('sending', { to: input.to })
    ctx.progress({ fraction: 0.5, message: 'half way' })
    if (input.fail) throw new Error(input.fail)
    return { sentTo: input.to }
  },
})

/** Ends well when its process is asked to stop. */
export const patient = defineJob({
  name: 'test.patient',
  run: () => new Promise((resolve) => {
    process.once('SIGTERM', () => resolve('done'))
    console.log('patient runs')
  }),
})

/** Ends only when it is aborted. */
export const stubborn = defineJob({
  name: 'test.stubborn',
  run: (_, ctx) => new Promise((_, reject) => {
    ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
    console.log('stubborn runs')
  }),
})
`

/** The files of a project with these jobs. */
export const WITH_JOBS = {
  'jobs.ts': JOBS,
  'millhand.config.ts': `
import { defineConfig } from 'millhand/config'
export default defineConfig({ store: 'sqlite:data/jobs.db', jobs: ['./jobs.ts'], log: { format: 'lines' } })
`,
}
