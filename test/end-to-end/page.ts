import { spawn } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { fileAt, ROOT } from '../repository/reading/files.ts'
import { blocksOf } from '../repository/reading/snippets.ts'
import { type Project, Running } from './cli/project.ts'

/** The files of a page: each a block that begins with its name. */
export function filesOn(page: string): Record<string, string> {
  const named = blocksOf(fileAt(page)).flatMap(({ code }) => {
    const [, name] = /^\/\/ ([\w.-]+\.ts)\n/.exec(code) ?? []
    return name === undefined ? [] : [[name, code]]
  })
  return Object.fromEntries(named)
}

/** Runs a file of a project, as a user would. A server finds a free port. */
export function runFile(project: Project, name: string): Running {
  const args = [...process.execArgv, join(project.folder, name)]
  const child = spawn(process.execPath, args, { cwd: project.folder, env: { ...process.env, PORT: '0' } })
  const running = new Running(child)
  onTestFinished(() => running.remove())
  return running
}

/** Runs the tests of a project, as a user would who has the sources of Millhand. */
export function runTests(project: Project): Running {
  const alias = [
    { find: '^millhand$', replacement: `${ROOT}src/index.ts` },
    { find: '^millhand/testing$', replacement: `${ROOT}src/testing/index.ts` },
  ]
  const entries = alias.map(
    ({ find, replacement }) => `{ find: new RegExp('${find}'), replacement: '${replacement}' }`,
  )
  project.write('vitest.config.js', `export default { resolve: { alias: [${entries}] } }`)
  symlinkSync(`${ROOT}node_modules/vitest`, join(project.folder, 'node_modules/vitest'))
  const args = [`${ROOT}node_modules/vitest/vitest.mjs`, 'run', '--root', project.folder, '--no-color']
  const running = new Running(spawn(process.execPath, args, { cwd: project.folder }))
  onTestFinished(() => running.remove())
  return running
}

/** The address of a server of the page, when it says that it listens. */
export async function listening(running: Running): Promise<string> {
  const [port] = /\d{2,5}(?= \}|$)/.exec(await running.line(/listening/)) ?? []
  return `http://127.0.0.1:${port}`
}

/** The names of the events that a stream of them told. */
export function eventsIn(text: string): (string | undefined)[] {
  return [...text.matchAll(/^event: (\w+)/gm)].map(([, event]) => event)
}

/** What the server of docs/web-server.md answers to a job that it has taken. */
export interface Enqueued {
  readonly id: string
  readonly events: string
}

export async function post(url: string, body: string): Promise<Response> {
  return fetch(`${url}/reports`, { method: 'POST', body })
}
