import { expect, test } from 'vitest'
import { Project } from './cli/project.ts'
import { type Enqueued, eventsIn, filesOn, listening, post, runFile } from './page.ts'

const FILES = filesOn('docs/web-server.md')

test('the server of the page enqueues, tells of progress in another process, and stops in order', async () => {
  const project = new Project(FILES)
  const serving = runFile(project, 'main.ts')
  const url = await listening(serving)
  const enqueued = (await (await post(url, '{"month":2}')).json()) as Enqueued
  const stream = await fetch(url + enqueued.events)
  expect(stream.headers.get('content-type')).toBe('text/event-stream')

  await project.run('work --until-idle --log-level silent')
  const told = await stream.text()
  expect(eventsIn(told).at(0)).toBe('pending')
  expect(eventsIn(told).at(-1)).toBe('complete')
  expect(told).toContain('"output":{"pages":4}')

  const left = (await (await post(url, '{"month":3}')).json()) as Enqueued
  const open = await fetch(url + left.events)
  expect(await serving.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
  expect(eventsIn(await open.text())).toEqual(['pending'])
})

test('the server of the page refuses what does not fit, with a status and the field', async () => {
  const project = new Project(FILES)
  const serving = runFile(project, 'main.ts')
  const url = await listening(serving)
  const wrong = await post(url, '{"month":13}')
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('month')])
  expect((await post(url, '{')).status).toBe(400)
  expect((await fetch(`${url}/reports/0190a1b2/events`)).status).toBe(404)
  expect((await fetch(`${url}/other`)).status).toBe(404)
  expect((await serving.end('SIGINT')).code).toBe(0)
})

test('a module of the page that is loaded anew has the queue that is open; a Response streams the same', async () => {
  const project = new Project({
    ...FILES,
    'anew.ts': `
      import { buildReport } from './jobs.ts'
      import { queue } from './queue.ts'
      import { eventStream } from './response.ts'
      const again = await import(${"'./queue.ts' + '?again'"})
      const job = await queue.enqueue(buildReport, { month: 1 })
      const streamed = eventStream(job.id, AbortSignal.timeout(600_000)).text()
      await job.cancel()
      console.log(again.queue === queue, (await streamed).match(/event: cancelled/)?.[0])
      await queue.close()
    `,
  })
  const running = runFile(project, 'anew.ts')
  expect(await running.ended).toMatchObject({ code: 0, stdout: 'true event: cancelled\n', stderr: '' })
})
