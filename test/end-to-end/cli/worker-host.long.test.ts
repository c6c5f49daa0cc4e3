import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Project } from './project.ts'

const FILES = ['millhand.yaml', 'jobs.ts']

const read = (path: string) =>
  readFileSync(new URL(`../../../examples/worker-host/${path}`, import.meta.url), 'utf8')

test('the example for those who come from WorkerHost is a configuration without a fault, and runs its jobs', async () => {
  const project = new Project(Object.fromEntries(FILES.map((file) => [file, read(file)])))
  expect(await project.json('check')).toMatchObject({ errors: [], warnings: [] })
  await project.run('enqueue video.convert JSON', { json: '{"file":"b.mov"}' })
  await project.run('enqueue video.convert JSON --priority 9', { json: '{"file":"a.mov"}' })
  expect(await project.json('explain --queue video')).toMatchObject({
    ready: 2,
    reasons: [{ code: 'no_worker' }],
  })
  expect(await project.json('work --until-idle --log-level silent')).toEqual({ ran: 2 })
  expect(await project.json('queues')).toMatchObject([
    { queue: 'video', complete: 2, settings: { maxSize: 1000 } },
  ])
  const jobs = await project.json<{ output: unknown }[]>('jobs --queue video')
  expect(jobs.map(({ output }) => output)).toEqual([{ converted: 'a.mov' }, { converted: 'b.mov' }])
})
