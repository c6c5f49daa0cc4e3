import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Project } from './project.ts'

const CONFIG = `
import { defineConfig } from 'millhand/config'
export default defineConfig({ store: 'sqlite:jobs.db', jobs: ['./jobs.ts'] })
`
const JOBS = `
import { defineJob } from 'millhand'
import { one } from './one.js'
import { two } from './two'
import { three } from './three'
export const add = defineJob({ name: 'math.add', retries: 0, run: () => one + two + three })
`
const FILES = {
  'millhand.config.ts': CONFIG,
  'jobs.ts': JOBS,
  'one.ts': 'export const one: number = 1',
  'two.ts': 'export const two: number = 2',
  'three/index.ts': 'export const three: number = 3',
}
const WITH_ENUM = { ...FILES, 'one.ts': 'enum Numbers { one = 1 }\nexport const one: number = Numbers.one' }

const execute = promisify(execFile)

test('imports of a .ts file as .js and without an ending work in check and work', async () => {
  const project = new Project(FILES)
  expect(await project.json('check')).toMatchObject({ ok: true, jobs: ['math.add'] })
  const { id } = await project.json<{ id: string }>('enqueue math.add')
  expect(await project.json('work --until-idle --log-level silent')).toEqual({ ran: 1 })
  expect(await project.json(`job ${id}`)).toMatchObject({ state: 'complete', output: 6 })
})

test('they work in dev', async () => {
  const running = new Project(FILES).start('dev')
  await running.line(/worker \d is ready/)
  expect((await running.end('SIGINT')).code).toBe(0)
})

test('an enum is refused with what makes it work, and that does', async () => {
  const project = new Project(WITH_ENUM)
  const { code, stdout } = await project.run('check')
  expect([code, stdout]).toEqual([2, expect.stringContaining('NODE_OPTIONS=--experimental-transform-types')])
  expect(stdout).toContain("NODE_OPTIONS='--import tsx'")
  const NODE_OPTIONS = `${process.env.NODE_OPTIONS} --experimental-transform-types`
  expect((await project.run('check', { env: { NODE_OPTIONS } })).code).toBe(0)
})

test('tsx runs what Node does not: an enum, in check, enqueue and work', async () => {
  const project = new Project(WITH_ENUM)
  const { href } = new URL(import.meta.resolve('tsx'))
  const env = { NODE_OPTIONS: `${process.env.NODE_OPTIONS} --import ${href}` }
  const outputs = ['check', 'enqueue math.add', 'work --until-idle', 'job last --json']
  const ended = []
  for (const words of outputs) ended.push(await project.run(words, { env }))
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0])
  expect(JSON.parse(ended.at(-1)?.stdout ?? '')).toMatchObject({ state: 'complete', output: 6 })
})

test('a program of the user is told which file is there under another name', async () => {
  const project = new Project(FILES)
  const script =
    "import('millhand/config').then((it) => it.loadConfig()).catch((error) => console.log(error.message))"
  const { stdout } = await execute(process.execPath, ['-e', script], { cwd: project.folder })
  expect(stdout).toContain(`There is ${project.folder}/one.ts: import it by that name`)
})
