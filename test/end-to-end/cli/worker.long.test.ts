import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

/** Hears of what it is told sooner than by default. */
const PROJECT = {
  ...WITH_JOBS,
  'millhand.config.ts': `
import { defineConfig } from 'millhand/config'
export default defineConfig({
  store: 'sqlite:data/jobs.db',
  jobs: ['./jobs.ts'],
  worker: { beat: '100ms' },
  log: { format: 'lines' },
})
`,
}

test('a worker is told to be quiet, to run again and to stop; then its process ends with 0', async () => {
  const project = new Project(PROJECT)
  const work = project.start('work --name mill')
  await work.line(/worker_start/)
  const [{ id }] = await project.json<[{ id: string }]>('workers')
  expect(await project.json(`worker quiet ${id}`)).toEqual({ order: 'quiet', workers: [id], refused: [] })
  await work.line(/worker_order.*quiet/)
  expect(await project.json('workers')).toMatchObject([{ id, name: 'mill', order: 'quiet' }])
  const job = await project.json<{ id: string }>('enqueue mail.send JSON', { json: '{"to":"ann"}' })
  expect((await project.run(`explain ${job.id}`)).stdout).toContain('were told to claim no more')

  expect((await project.run('worker run mill')).stdout).toContain(`${id} (mill) claims again`)
  await work.line(/complete mail\.send/)
  expect((await project.run('worker stop --all')).code).toBe(0)
  const { code, stdout } = await work.ended
  expect(code).toBe(0)
  expect(stdout).toMatch(/worker_order.*stop[\s\S]*worker_stop/)
  expect(await project.json('workers')).toEqual([])
  expect((await project.run('worker stop --all')).stdout).toBe('No worker is running.\n')
})

test('what nobody can be told is refused', async () => {
  const project = new Project(PROJECT)
  await project.run('enqueue test.patient')
  expect(await project.run('worker quiet mill')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('worker_not_found'),
  })
  for (const words of ['worker pause mill', 'worker quiet', 'worker quiet mill --all'])
    expect(await project.run(words)).toMatchObject({ code: 2, stderr: expect.stringContaining('usage') })
})
