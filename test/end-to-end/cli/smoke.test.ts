import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

test('what is enqueued on the command line is run by it, shown by it, and a slip is refused with a hint', async () => {
  const project = new Project(WITH_JOBS)
  const { id } = await project.json<{ id: string }>('enqueue mail.send JSON', { json: '{"to":"ann"}' })
  expect(await project.json('work --until-idle --log-level silent')).toEqual({ ran: 1 })
  expect(await project.json(`job ${id}`)).toMatchObject({ state: 'complete', output: { sentTo: 'ann' } })
  const slip = await project.run('jobs --limt 5')
  expect(slip).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean --limit?') })
})
