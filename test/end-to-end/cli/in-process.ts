import { copyFileSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { defineJob, openQueue, Worker } from 'millhand'
import { onTestFinished, vi } from 'vitest'
import { execute } from '../../../src/cli/program.ts'

/** How a command line ended. */
export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module"}',
  'millhand.yaml': 'store: sqlite:jobs.db\njobs: [jobs.js]\n',
  'jobs.js': `
    const base = { queue: 'default', priority: 0, retries: 0, retry: {} }
    const validate = (value) =>
      typeof value?.to === 'string' ? { value } : { issues: [{ message: 'expected a text', path: ['to'] }] }
    export const send = { ...base, name: 'mail.send', run: () => 'sent', input: { '~standard': { version: 1, vendor: 'test', validate } } }
    export const fails = { ...base, name: 'test.fails', run() { throw new Error('no such page') } }
  `,
}

/** Runs command lines in this process, in a folder with a configuration and some jobs, which is put back after each. */
export class Shell {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'millhand-shell-')))
  readonly #ids: string[] = []

  static async make(): Promise<Shell> {
    const shell = new Shell()
    const before = process.cwd()
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(shell.folder, name), text)
    await shell.#fill()
    shell.reset()
    process.chdir(shell.folder)
    onTestFinished(() => {
      process.chdir(before)
      rmSync(shell.folder, { recursive: true, force: true })
    })
    return shell
  }

  get ids(): readonly string[] {
    return this.#ids
  }

  async run(words: readonly string[]): Promise<Run> {
    const stdout: string[] = []
    const stderr: string[] = []
    const spies = [spyOn(process.stdout, stdout), spyOn(process.stderr, stderr)]
    try {
      const code = await execute(words)
      return { code, stdout: stdout.join(''), stderr: stderr.join('') }
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }

  /** Every job as it stands in the file, by its id. */
  jobs(): Map<string, string> {
    const database = new DatabaseSync(join(this.folder, 'jobs.db'), { readOnly: true })
    const rows = database.prepare('select * from millhand_jobs').all()
    const paused = database.prepare('select queue from millhand_queues where paused_at is not null').all()
    database.close()
    return new Map([
      ...rows.map((row) => [String(row.id), JSON.stringify(row)] as const),
      ['paused', JSON.stringify(paused)],
    ])
  }

  /** Files that were not there at first. */
  strays(): string[] {
    return readdirSync(this.folder).filter((name) => !(name in FILES) && !/^(template|jobs)\.db/.test(name))
  }

  reset(): void {
    for (const name of this.strays()) rmSync(join(this.folder, name), { recursive: true })
    for (const end of ['-wal', '-shm']) rmSync(join(this.folder, `jobs.db${end}`), { force: true })
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(this.folder, name), text)
    copyFileSync(join(this.folder, 'template.db'), join(this.folder, 'jobs.db'))
  }

  async #fill(): Promise<void> {
    const queue = await openQueue(`sqlite:${join(this.folder, 'template.db')}`, { logger: false })
    const send = defineJob({ name: 'mail.send', run: () => 'sent' })
    const fails = defineJob({
      name: 'test.fails',
      retries: 0,
      run() {
        throw new Error('no such page')
      },
    })
    await queue.enqueueMany([{ job: send, input: { to: 'ann' } }, { job: fails }])
    await new Worker(queue, { jobs: [send, fails] }).runUntilIdle()
    await queue.enqueueMany([
      { job: send, input: { to: 'bob' }, options: { key: 'key', tags: ['tag'], queue: 'mail' } },
      { job: send, input: { to: 'eve' }, options: { delay: '1h' } },
      { job: fails, options: { expiresIn: '1h' } },
    ])
    await queue.cancel((await queue.enqueue(fails)).id)
    await queue.pause('mail')
    this.#ids.push(...(await queue.list()).map(({ id }) => id))
    await queue.close()
  }
}

function spyOn(stream: NodeJS.WriteStream, kept: string[]) {
  return vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    kept.push(String(chunk))
    return true
  })
}
