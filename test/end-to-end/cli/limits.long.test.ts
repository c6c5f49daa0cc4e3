import { expect, test } from 'vitest'
import { Project } from './project.ts'

const FILES = {
  'millhand.yaml': 'store: sqlite:jobs.db\njobs: [jobs.ts]\n',
  'jobs.ts': `
    import { defineJob } from 'millhand'
    export const ask = defineJob({ name: 'model.ask', limits: [{ key: 'openai', concurrency: 2 }], run: () => 'yes' })
  `,
}

test('a limit is listed, shown, changed and reset by the command line', async () => {
  const project = new Project(FILES)
  await project.json('enqueue model.ask')
  const [listed] = await project.json<object[]>('limits')
  expect(listed).toMatchObject({ name: 'openai', declared: { concurrency: 2 }, running: 0, waiting: 0 })
  expect(await project.json('limits show openai')).toMatchObject({ limit: { name: 'openai' }, keys: [] })
  const set = await project.json('limits set openai --concurrency 5 --rate 60/1m')
  expect(set).toMatchObject({ override: { concurrency: 5, rate: { count: 60, per: 60_000 } } })
  const lifted = await project.json('limits set openai --rate none')
  expect(lifted).toMatchObject({ override: { concurrency: 5, rate: null } })
  expect(await project.json('limits reset openai')).not.toHaveProperty('override')
  const odd = await project.run('limits set openai --rate 60')
  expect(odd).toMatchObject({ code: 2, stderr: expect.stringContaining("--rate is '60', expected a count") })
  const unknown = await project.run('limits show opnai')
  expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining("Did you mean 'openai'?") })
})
