import { expect, test } from 'vitest'
import { Project } from './project.ts'

const CRASHING = `
import { defineJob } from 'millhand'
import { defineConfig } from 'millhand/config'
const evil = 'a\\u001b[2J\\u202epostgres://u:s3cret@host/db'
const crash = defineJob({ name: 'test.crash', run: () => {
  Promise.reject(new TypeError(evil))
  return new Promise(() => {})
} })
export default defineConfig({ store: 'sqlite:jobs.db', jobs: [crash] })
`

test('what nobody has caught ends the worker with its words, and with nothing that a terminal acts on', async () => {
  const project = new Project({ 'millhand.config.ts': CRASHING })
  await project.json('enqueue test.crash')
  const { code, stderr } = await project.run('work --until-idle')
  expect(code).toBe(1)
  expect(stderr).toMatch(/error: a \[2J postgres:\/\/…@host\/db \(unexpected\)\n +at /)
})
