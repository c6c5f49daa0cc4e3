import { expect, test } from 'vitest'
import { Project } from './cli/project.ts'
import { type Enqueued, eventsIn, filesOn, listening, post, runFile } from './page.ts'

test('server, worker and queue of the page in one process: what runs is finished, then it ends', async () => {
  const project = new Project(filesOn('docs/web-server.md'))
  const serving = runFile(project, 'all.ts')
  const url = await listening(serving)
  const { events } = (await (await post(url, '{"month":1}')).json()) as Enqueued
  const told = await (await fetch(url + events)).text()
  expect(eventsIn(told).at(-1)).toBe('complete')
  expect(await serving.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
})
