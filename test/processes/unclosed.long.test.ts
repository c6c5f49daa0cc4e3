import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptySchema } from '../support/postgres.ts'

const PRELUDE = `
import { defineJob, openQueue, Worker } from 'millhand'
const job = defineJob({ name: 'test.one', run: () => 1 })
const queue = await openQueue(process.argv[1])
`

/** What scripts do that are over without a word to their queue. */
const SCRIPTS: Readonly<Record<string, string>> = {
  enqueues: `await queue.enqueue(job)`,
  'waits in vain': `await (await queue.enqueue(job)).result({ timeout: '10ms' }).catch(() => {})`,
  'works until idle': `await queue.enqueue(job)
    await new Worker(queue, { jobs: [job] }).runUntilIdle()`,
  'stops its worker': `const worker = new Worker(queue, { jobs: [job] })
    await worker.start()
    await (await queue.enqueue(job)).result()
    await worker.stop()`,
  'opens a transaction': `await queue.transaction((tx) => queue.enqueue(job, undefined, { tx })).catch(() => {})`,
  subscribes: `for await (const change of queue.subscribe({ signal: AbortSignal.timeout(50) })) break`,
}

const URLS: Readonly<Record<string, () => Promise<string>>> = {
  sqlite: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    return `sqlite:${folder}/jobs.db`
  },
  postgres: async () => {
    const { url, release } = await emptySchema()
    onTestFinished(release)
    return url
  },
}

describe.each(Object.entries(URLS))('on %s', (_, urlOf) => {
  test.each(
    Object.entries(SCRIPTS),
  )('a script that %s and closes nothing ends by itself', async (_, body) => {
    const script = `${PRELUDE}${body}\nconsole.log('done')`
    const given = ['--input-type=module', '--eval', script, await urlOf()]
    const { stdout } = await promisify(execFile)(process.execPath, given)
    expect(stdout).toBe('done\n')
  })

  test('a job that fails is seen without a configuration, and not at all where that is turned off', async () => {
    const run = async (options: string) => {
      const body = `import { defineJob, openQueue, Worker } from 'millhand'
        const queue = await openQueue(process.argv[1]${options})
        const job = defineJob({ name: 'test.bad', retries: 0, run() { throw new Error('no\\nway \\u001b[31m') } })
        await queue.enqueue(job)
        await new Worker(queue, { jobs: [job] }).runUntilIdle()`
      const given = ['--input-type=module', '--eval', body, await urlOf()]
      return (await promisify(execFile)(process.execPath, given)).stderr
    }
    const [line, hint, ...more] = (await run('')).split('\n')
    expect(line).toMatch(/^millhand: attempt 1 of job test\.bad \S+ failed: Error: no$/)
    expect(hint).toContain('{ logger: false }')
    expect(more).toEqual([''])
    expect(await run(', { logger: false }')).toBe('')
  })

  test('a script that waits for a result goes on until it is there', async () => {
    const url = await urlOf()
    const waits = promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      `${PRELUDE}const held = await queue.enqueue(job, undefined, { delay: '2s' })
      const worker = new Worker(queue, { jobs: [job] })
      const run = worker.start().then(() => held.result()).then((value) => worker.stop().then(() => console.log(value)))
      await run`,
      url,
    ])
    expect((await waits).stdout).toBe('1\n')
  })
})
