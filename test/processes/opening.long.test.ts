import { openQueue } from 'millhand'
import { expect } from 'vitest'
import { Project, WITH_JOBS } from '../end-to-end/cli/project.ts'
import { test } from './postgres-scene.ts'

test('workers may be started before their server: they say what they wait for, and begin when it is there', async ({
  scene,
}) => {
  await scene.server.crash()
  const project = new Project(WITH_JOBS)
  const work = project.start(`work --store ${scene.url}`)
  expect(await work.line(/waiting for the database/)).toMatch(/ECONNREFUSED/)
  const looking = await project.run(`stats --store ${scene.url}`)
  expect(looking).toMatchObject({ code: 1, stderr: expect.stringContaining('store_unavailable') })

  await scene.server.start()
  await work.line(/worker_start/)
  const queue = await openQueue(scene.url, { logger: false })
  expect(await queue.workers()).toHaveLength(1)
  await queue.close()
  expect((await work.end('SIGTERM')).code).toBe(0)
})
