import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { fileAt } from '../repository/reading/files.ts'
import { blocksOf } from '../repository/reading/snippets.ts'
import { Project, Running } from './cli/project.ts'

/** The files of docs/web-server.md, each a block that begins with its name. */
const FILES = Object.fromEntries(
  blocksOf(fileAt('docs/web-server.md')).map(({ code }) => [/^\/\/ (\S+)/.exec(code)?.[1] ?? '', code]),
)

interface Enqueued {
  readonly id: string
  readonly events: string
}

/** Runs a file of the page, in a folder of its own. */
function run(project: Project, ...args: string[]): Running {
  const env = { ...process.env, PORT: '0' }
  const running = new Running(
    spawn(process.execPath, [...process.execArgv, ...args], { cwd: project.folder, env }),
  )
  onTestFinished(() => running.remove())
  return running
}

async function listening(running: Running): Promise<string> {
  const [port] = /\d{2,5}(?= \}|$)/.exec(await running.line(/listening/)) ?? []
  return `http://127.0.0.1:${port}`
}

async function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/reports`, { method: 'POST', body })
}

const eventsIn = (text: string) => [...text.matchAll(/^event: (\w+)/gm)].map(([, event]) => event)

test('the server of the page enqueues, tells of progress in another process, and stops in order', async () => {
  const project = new Project(FILES)
  const serving = run(project, join(project.folder, 'main.ts'))
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
  const serving = run(project, join(project.folder, 'main.ts'))
  const url = await listening(serving)
  const wrong = await post(url, '{"month":13}')
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining('month')])
  expect((await post(url, '{')).status).toBe(400)
  expect((await fetch(`${url}/reports/0190a1b2/events`)).status).toBe(404)
  expect((await fetch(`${url}/other`)).status).toBe(404)
  expect((await serving.end('SIGINT')).code).toBe(0)
})

test('server, worker and queue of the page in one process: what runs is finished, then it ends', async () => {
  const project = new Project(FILES)
  const serving = run(project, join(project.folder, 'all.ts'))
  const url = await listening(serving)
  const { events } = (await (await post(url, '{"month":1}')).json()) as Enqueued
  const told = await (await fetch(url + events)).text()
  expect(eventsIn(told).at(-1)).toBe('complete')
  expect(await serving.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
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
  const running = run(project, join(project.folder, 'anew.ts'))
  expect(await running.ended).toMatchObject({ code: 0, stdout: 'true event: cancelled\n', stderr: '' })
})
