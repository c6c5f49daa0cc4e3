import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

test('a schedule that is set on the command line is shown, paused, run and removed by it', async () => {
  const project = new Project(WITH_JOBS)
  await project.json('enqueue mail.send JSON', { json: '{"to":"ann"}' })
  const set = await project.json('schedules set often mail.send JSON --every 1h', { json: '{"to":"ann"}' })
  expect(set).toMatchObject({ name: 'often', everyMs: 3_600_000, state: 'active', origin: 'live' })
  expect(await project.json('schedules pause often')).toMatchObject({ state: 'paused' })
  const odd = await project.run('schedules next often --count three')
  expect(odd).toMatchObject({ code: 2, stderr: expect.stringContaining("--count is 'three'") })
  const { id } = await project.json<{ id: string }>('schedules run often')
  expect(await project.json(`job ${id}`)).toMatchObject({ state: 'pending', tags: ['schedule:often'] })
  expect(await project.json('schedules')).toMatchObject([{ name: 'often', lastJob: id }])
  const near = await project.run('schedules remove oftn')
  expect(near).toMatchObject({ code: 0, stdout: "There is no 'oftn'. Did you mean 'often'?\n" })
  expect(await project.json('schedules remove often')).toEqual({ name: 'often', removed: true })
})
