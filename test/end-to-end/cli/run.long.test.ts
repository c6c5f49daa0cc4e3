import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

test('run calls the handler of the configuration, makes no database, and says by its exit code how it ended', async () => {
  const project = new Project(WITH_JOBS)
  const sent = await project.run('run mail.send JSON', { json: '{"to":"ann"}' })
  expect(sent).toMatchObject({ code: 0, stdout: '{\n  "sentTo": "ann"\n}\n' })
  expect(sent.stderr).toContain('50% half way')

  const failed = await project.run('run mail.send JSON', { json: '{"to":"ann","fail":"no route"}' })
  expect(failed).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/Error: no route\n {4}at .*jobs\.ts/),
  })
  expect(await project.run('run mail.sned JSON', { json: '{"to":"ann"}' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Did you mean 'mail.send'?"),
  })
  expect(await project.run('jobs')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('store_missing'),
  })
})

test('the first Ctrl-C aborts a handler that run is running', async () => {
  const project = new Project(WITH_JOBS)
  const running = project.start('run test.stubborn')
  await running.line(/^stubborn runs/)
  expect(await running.end('SIGINT')).toMatchObject({ code: 130, stderr: 'interrupted\n' })
})

test('an enqueue that is refused makes no database', async () => {
  const project = new Project(WITH_JOBS)
  const refused = await project.run('enqueue mail.sned JSON --store sqlite:nowhere.db', {
    json: '{"to":"ann"}',
  })
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'mail.send'?") })
  expect(existsSync(join(project.folder, 'nowhere.db'))).toBe(false)
})
