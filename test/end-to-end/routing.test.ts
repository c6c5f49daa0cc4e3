import { defineJob, type Queue, Worker, type WorkerOptions } from 'millhand'
import { expect } from 'vitest'
import { z } from 'zod'
import { describeSqlite } from '../support/stores.ts'

const ran: string[] = []
const handler = (name: string, options: object = {}) =>
  defineJob({
    name,
    ...options,
    run(_input, ctx) {
      ran.push(`${ctx.job.name} by ${name}`)
    },
  })
const media = [
  handler('video.*', { retries: 7 }),
  handler('video.youtube.*', { input: z.object({ id: z.number() }) }),
  handler('video.youtube.download'),
]

/** What a worker with these options has run of what is there, which handler each. */
async function run(queue: Queue, options: WorkerOptions): Promise<string[]> {
  ran.length = 0
  await new Worker(queue, options).runUntilIdle()
  return ran.toSorted()
}

describeSqlite('who runs what', (test) => {
  test('a job is run by the most specific definition of its worker', async ({ queue }) => {
    for (const name of ['video.youtube.download', 'video.youtube.list', 'video.vimeo.list'])
      await queue.enqueue(defineJob({ name }), { id: 1 })
    expect(await run(queue, { jobs: media })).toEqual([
      'video.vimeo.list by video.*',
      'video.youtube.download by video.youtube.download',
      'video.youtube.list by video.youtube.*',
    ])
  })

  test('a worker of a role runs what is in it, and leaves the rest to others', async ({ queue }) => {
    const jobs = [...media, handler('audio.transcode'), handler('mail.send')]
    const roles = { media: ['video.youtube.*', 'audio.*'], office: ['mail.*'] }
    for (const name of ['video.youtube.list', 'video.cut', 'audio.transcode', 'mail.send'])
      await queue.enqueue(defineJob({ name }), { id: 1 })
    expect(await run(queue, { jobs, roles, role: 'media' })).toEqual([
      'audio.transcode by audio.transcode',
      'video.youtube.list by video.youtube.*',
    ])
    expect(await run(queue, { jobs, roles, role: 'office' })).toEqual(['mail.send by mail.send'])
    expect(await run(queue, { jobs })).toEqual(['video.cut by video.*'])
  })

  test('a job waits for a worker that has what it requires', async ({ queue }) => {
    const render = handler('video.render', { requires: ['gpu', { version: '>= 2' }] })
    const job = await queue.enqueue(render)
    expect((await job.get())?.requires).toEqual(['gpu', { version: '>= 2' }])
    for (const ability of [
      {},
      { capabilities: ['gpu'] },
      { version: '2' },
      { capabilities: ['gpu'], version: '1.9' },
    ])
      expect(await run(queue, { jobs: [render], ...ability })).toEqual([])
    expect(await run(queue, { jobs: [render], capabilities: ['gpu', 'eu'], version: '2.0' })).toEqual([
      'video.render by video.render',
    ])
  })

  test('a failed attempt names the version that ran it', async ({ queue }) => {
    const failing = defineJob({ name: 'test.failing', retries: 0 }).handle(() =>
      Promise.reject(new Error('no')),
    )
    const job = await queue.enqueue(failing)
    await new Worker(queue, { jobs: [failing], version: '3.1' }).runUntilIdle()
    expect((await job.get())?.errors).toMatchObject([{ message: 'no', version: '3.1' }])
  })
})

describeSqlite('enqueueing what a prefix handles', (test) => {
  test('a name is checked by the most specific definition, and has its options', async ({ open }) => {
    const queue = await open({ jobs: media })
    await expect(queue.enqueue('video.youtube.list', { id: 'x' })).rejects.toMatchObject({
      code: 'invalid_input',
    })
    const job = await queue.enqueue('video.vimeo.list', 1)
    expect(await job.get()).toMatchObject({ name: 'video.vimeo.list', retries: 7 })
  })

  test('a job has one name: a prefix is none', async ({ open }) => {
    const queue = await open({ jobs: media })
    const [video] = media
    if (!video) throw new Error('a definition was expected')
    await expect(queue.enqueue(video, 1)).rejects.toMatchObject({ code: 'name_needed' })
    await expect(queue.enqueue('video.*', 1)).rejects.toMatchObject({ code: 'invalid_name' })
    await expect(queue.enqueue('text.cut', 1)).rejects.toMatchObject({ code: 'unknown_job' })
  })
})

describeSqlite('options of a worker that say what it serves', (test) => {
  test('what cannot be is refused, with what was expected', async ({ queue }) => {
    const [job] = media
    if (!job) throw new Error('a definition was expected')
    const roles = { media: ['video.*'] }
    for (const [option, wrong] of Object.entries({
      role: { role: 'medai', roles },
      'roles.media': { roles: { media: [] } },
      capabilities: { capabilities: ['a b'] },
    }))
      expect(() => new Worker(queue, { jobs: [job], ...wrong })).toThrow(
        expect.objectContaining({ code: 'invalid_option', facts: expect.objectContaining({ option }) }),
      )
    expect(() => new Worker(queue, { jobs: [job], role: 'v', roles: { v: ['mail.*'] } })).toThrow(
      expect.objectContaining({
        ...{ code: 'no_jobs', facts: { role: 'v', jobs: [job.name] } },
        message: expect.stringContaining("role 'v' leaves out each of its 1 job(s), such as"),
      }),
    )
    expect(() => new Worker(queue, { jobs: [job], role: 'medai', roles })).toThrow(/Did you mean 'media'/)
    expect(() => new Worker(queue, { jobs: [job], roles: { media: ['*'] } })).toThrow(
      expect.objectContaining({ code: 'invalid_name' }),
    )
  })
})
