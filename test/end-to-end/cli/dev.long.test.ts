import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

const GREETING = (word: string) => `
import { defineJob } from 'millhand'
export const greet = defineJob({ name: 'test.greet', run: () => console.log('handler says ${word}') })
`

test('dev runs workers, restarts them when a file changes, and stops them on Ctrl-C', async () => {
  const project = new Project({ 'jobs.ts': GREETING('hello'), 'millhand.yaml': 'jobs: [jobs.ts]' })
  const dev = project.start('dev --processes 2')
  await dev.line(/worker \d is ready/)
  await dev.line(/worker \d is ready/)
  await project.run('enqueue test.greet')
  await dev.line(/handler says hello/)
  await dev.line(/complete 1 /)
  project.write('jobs.ts', GREETING('goodbye'))
  await dev.line(/^jobs\.ts changed: restarting$/)
  await dev.line(/worker \d is ready/)
  await dev.line(/worker \d is ready/)
  await project.run('enqueue test.greet')
  await dev.line(/handler says goodbye/)
  const { code, stdout } = await dev.end('SIGINT')
  expect(code).toBe(0)
  expect(stdout.match(/worker \d has stopped/g)).toHaveLength(2)
  expect(await project.json('workers')).toEqual([])
})

test('dev starts a crashed worker again, and waits for a change where it cannot start', async () => {
  const crash = `${GREETING('hello')}\nexport const crash = defineJob({ name: 'test.crash', run: () => process.exit(7) })`
  const project = new Project({ 'jobs.ts': crash, 'millhand.yaml': 'jobs: [jobs.ts]' })
  const dev = project.start('dev --json')
  await dev.line(/"status":"ready"/)
  await project.run('enqueue test.crash')
  await dev.line(/ended with code 7; it starts again in 500 ms/)
  await dev.line(/"status":"ready"/)
  project.write('jobs.ts', 'this is no code')
  await dev.line(/"status":"broken".*starts again when a file changes/)
  project.write('jobs.ts', GREETING('hello'))
  await dev.line(/"status":"ready"/)
  expect((await dev.end('SIGTERM')).code).toBe(0)
})

test('the workers of a dev that was killed stop by themselves', async () => {
  const project = new Project(WITH_JOBS)
  const dev = project.start('dev')
  await dev.line(/worker 1 is ready/)
  const counts = project.start('stats --watch --json')
  await counts.line(/"workers":1/)
  await dev.remove()
  await counts.line(/"workers":0/)
  expect(await project.json('workers')).toEqual([])
})
