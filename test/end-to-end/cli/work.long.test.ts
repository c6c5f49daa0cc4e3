import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

/** Waits for a model that never comes. */
const NEVER_READY = {
  ...WITH_JOBS,
  'millhand.config.ts': `
import { defineConfig } from 'millhand/config'
const setup = () => (console.log('setup waits'), new Promise(() => setInterval(() => {}, 60_000).unref()))
export default defineConfig({ store: 'sqlite:data/jobs.db', jobs: ['./jobs.ts'], worker: { setup } })
`,
}

/** Each run keeps much of what it makes for a while, which is what lets V8's young generation grow. */
const SURVIVORS = `
import { getHeapSpaceStatistics } from 'node:v8'
import { defineJob } from 'millhand'
const held = []
export const survivors = defineJob({
  name: 'test.survivors',
  async run({ left }, ctx) {
    for (let part = 0; part < 20; part += 1) {
      held[part] = Array.from({ length: 5_000 }, (_, number) => ({ number, left, text: String(number) }))
    }
    if (left > 0) return void (await ctx.enqueue(survivors, { left: left - 1 }))
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space')
    console.log(String(young.space_size / 2 ** 20))
  },
})
`

test('a worker says what it serves, runs jobs, and drains when it is told to stop', async () => {
  const project = new Project(WITH_JOBS)
  const work = project.start('work --queues default --concurrency 3 --name mill')
  expect(await work.line(/serves/)).toMatch(/queues=\["default"\] concurrency=3 jobs=\[.*"mail\.send"/)
  await work.line(/worker_start/)
  const [workers] = await project.json<object[]>('workers')
  expect(workers).toMatchObject({ name: 'mill', queues: ['default'], concurrency: 3, alive: true })
  await project.run('enqueue test.patient')
  await work.line(/patient runs/)
  const { code, stdout } = await work.end('SIGTERM')
  expect(code).toBe(0)
  expect(stdout).toMatch(/stopping[\s\S]* complete test\.patient [\s\S]*worker_stop/)
  expect(await project.json('workers')).toEqual([])
})

test('a second signal aborts what runs: it goes back to its queue and has burnt no attempt', async () => {
  const project = new Project(WITH_JOBS)
  await project.run('enqueue test.stubborn')
  const work = project.start('work --json')
  await work.line(/stubborn runs/)
  work.signal('SIGINT')
  await work.line(/"running":1,"msg":"stopping/)
  expect((await work.end('SIGINT')).code).toBe(0)
  expect(await project.json('jobs')).toMatchObject([{ state: 'pending', attempt: 0 }])
})

test('--until-idle stops early when it is interrupted, after what runs', async () => {
  const project = new Project(WITH_JOBS)
  await project.run('enqueue test.patient')
  const work = project.start('work --until-idle')
  await work.line(/patient runs/)
  expect((await work.end('SIGTERM')).code).toBe(130)
  expect(await project.json('jobs')).toMatchObject([{ state: 'complete', output: 'done' }])
})

test.each([
  ['work', 0],
  ['work --until-idle', 130],
])('%s that is told to stop before it has started ends at the first signal', async (command, code) => {
  const project = new Project(NEVER_READY)
  const work = project.start(command)
  await work.line(/setup waits/)
  expect((await work.end('SIGTERM')).code).toBe(code)
  expect(await project.json('workers')).toEqual([])
})

test('enqueue --wait gives the output, or the failure as an exit code of its own', async () => {
  const project = new Project(WITH_JOBS)
  const work = project.start('work')
  await work.line(/worker_start/)
  const [good, bad, late] = await Promise.all([
    project.run('enqueue mail.send JSON --wait --json', { json: '{"to":"ann"}' }),
    project.run('enqueue mail.send JSON --wait --json', { json: '{"to":"ann","fail":"no route"}' }),
    project.run('enqueue mail.send JSON --wait --wait-timeout 10ms --delay 1h', { json: '{"to":"ann"}' }),
  ])
  expect(JSON.parse(good.stdout)).toMatchObject({ state: 'complete', output: { sentTo: 'ann' } })
  expect(bad).toMatchObject({ code: 4, stdout: '' })
  expect(JSON.parse(bad.stderr)).toMatchObject({
    error: { code: 'job_failed', facts: { message: 'no route' } },
  })
  expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('(result_timeout)') })
  await work.end('SIGTERM')
})

test('a worker that has a name of a job is enough to enqueue it by name', async () => {
  const project = new Project(WITH_JOBS)
  const work = project.start('work')
  await work.line(/worker_start/)
  const stranger = new Project()
  const [known, unheard] = await Promise.all([
    stranger.run(`enqueue test.patient --store ${project.store}`),
    stranger.run(`enqueue test.unheard --store ${project.store}`),
  ])
  expect([known.code, unheard.code]).toEqual([0, 2])
  await work.line(/patient runs/)
  await work.end('SIGTERM')
})

test('a worker keeps the young generation of its process at 32 MiB, however much survives in it', async () => {
  const project = new Project({ 'jobs.ts': SURVIVORS, 'millhand.yaml': 'jobs: [jobs.ts]' })
  await project.run('enqueue test.survivors JSON', { json: '{"left":12}' })
  const { stdout } = await project.run('work --until-idle --log-level silent')
  expect(stdout).toMatch(/^\d+\n$/)
  expect(Number(stdout)).toBeLessThanOrEqual(32)
})
