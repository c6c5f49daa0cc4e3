import { expect, test } from 'vitest'
import { Project } from './project.ts'

const JOBS = `
import { defineJob } from 'millhand'
export const greet = defineJob({
  name: 'mail.greet',
  retries: 0,
  async run(input, ctx) {
    const key = await ctx.secrets.get('key')
    ctx.log.info('with ' + key)
    ctx.resources.mailer.send(key.length + ' for ' + ctx.context.trace)
    if (input === 'fail') throw new Error('refused ' + key)
  },
})
`

const config = (worker: string) => `
import { defineConfig } from 'millhand/config'
export default defineConfig({
  store: 'sqlite:jobs.db',
  jobs: ['./jobs.ts'],
  queue: { aroundEnqueue: [({ options }, next) => next({ options: { ...options, context: { trace: 't1' } } })] },
  worker: ${worker},
  log: { format: 'lines' },
})
`

const WORKER = `{
  setup: () => ({ mailer: { send: (text) => console.error('sent ' + text) } }),
  teardown: () => console.error('torn down'),
  secrets: (name) => name === 'key' ? 'sk-live-42' : undefined,
  aroundRun: [async (call, next) => { console.error('hooked ' + call.job.name); await next() }],
}`

test('what handlers share, secrets and hooks of the configuration are there in a worker, and in millhand run', async () => {
  const project = new Project({ 'jobs.ts': JOBS, 'millhand.config.ts': config(WORKER) })
  const { id } = await project.json<{ id: string }>('enqueue mail.greet JSON', { json: '"fail"' })
  const work = await project.run('work --until-idle')
  expect(work.stderr.split('\n').slice(0, 3)).toEqual(['hooked mail.greet', 'sent 10 for t1', 'torn down'])
  expect(work.stdout).toContain('refused …')
  expect(`${work.stdout}${(await project.run(`job ${id} --json`)).stdout}`).not.toContain('sk-live')

  const run = await project.run('run mail.greet JSON', { json: '"fail"' })
  expect(run).toMatchObject({ code: 4, stderr: expect.stringMatching(/sent 10 for[\s\S]*torn down/) })
  expect(`${run.stdout}${run.stderr}`).not.toContain('sk-live')
})

test('a worker whose setup fails ends with what was wrong, and check refuses what is no function', async () => {
  const failing = `{ setup() { throw new Error('no model on this disk') } }`
  const project = new Project({ 'jobs.ts': JOBS, 'millhand.config.ts': config(failing) })
  const work = await project.run('work')
  expect(work).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no model on this disk[\s\S]*setup_failed/),
  })

  project.write('millhand.config.ts', config(`{ setup: 'connect', aroundRun: {} }`))
  const { code, stdout } = await project.run('check')
  expect(code).toBe(2)
  expect(stdout).toMatch(/worker\.setup: is 'connect', expected a function/)
  expect(stdout).toMatch(/worker\.aroundRun: is \{\}, expected a list of functions/)
})
