import { expect, test } from 'vitest'
import { fileAt } from '../repository/reading/files.ts'
import { type Ended, Project, WITH_JOBS } from './cli/project.ts'
import { filesOn, runFile, runTests } from './page.ts'

/** Runs a program beside the files of a page. */
function runBeside(page: string, program: string): Promise<Ended> {
  return runFile(new Project({ ...filesOn(page), 'main.ts': program }), 'main.ts').ended
}

test('docs/error-reporting.md: a failed job is reported once, with the error that was thrown', async () => {
  const ended = await runBeside(
    'docs/error-reporting.md',
    `
      import { defineJob, openQueue, Worker } from 'millhand'
      import { reportErrors } from './report.ts'

      class Declined extends Error { card = 'visa' }
      const charge = defineJob({ name: 'billing.charge', retries: 1, backoff: { base: 0 }, run() { throw new Declined('no') } })
      const queue = await openQueue('memory:', { logger: false })
      reportErrors(queue, (error, { extra, fingerprint }) =>
        console.log(error instanceof Declined && error.card, extra.attempt, extra.kind, fingerprint.join()))
      await queue.enqueue(charge, { secret: 1 })
      await new Worker(queue, { jobs: [charge] }).runUntilIdle()
      await queue.close()
    `,
  )
  expect(ended).toMatchObject({ code: 0, stdout: 'visa 2 error billing.charge,error\n', stderr: '' })
})

test('docs/deployment.md: a copy that was made beside a worker is whole, and its jobs run where it is restored', async () => {
  const ended = await runBeside(
    'docs/deployment.md',
    `
      import { renameSync, rmSync } from 'node:fs'
      import { defineJob, openQueue, Worker } from 'millhand'
      import { backUp } from './backup.ts'

      const work = defineJob({ name: 'test.work', run: () => {} })
      const queue = await openQueue('sqlite:jobs.db')
      const worker = new Worker(queue, { jobs: [work] })
      await worker.start()
      await (await queue.enqueue(work, 1)).result()
      await queue.enqueue(work, 2, { delay: '1h', key: 'later' })
      backUp('jobs.db', 'copy.db')
      await queue.enqueue(work, 3, { delay: '1h' })
      await worker.stop()
      await queue.close()

      for (const end of ['', '-wal', '-shm']) rmSync('jobs.db' + end, { force: true })
      renameSync('copy.db', 'jobs.db')
      const restored = await openQueue('sqlite:jobs.db')
      const { complete, pending } = await restored.stats()
      const again = await restored.enqueue(work, 4, { key: 'later' })
      console.log(complete, pending, again.existed)
      await restored.close()
    `,
  )
  expect(ended).toMatchObject({ code: 0, stdout: '1 1 true\n', stderr: '' })
})

test('docs/run-many.md: one of two texts is embedded, and the other one fails alone', async () => {
  const ended = await runFile(new Project(filesOn('docs/run-many.md')), 'embed.ts').ended
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout).toMatch(/^\[ 4 \]\n.*there is no text/)
})

test('docs/hooks.md: a trace goes along with jobs, a tenant is found wherever it is asked for, one that is blocked is refused', async () => {
  const ended = await runBeside(
    'docs/hooks.md',
    `
      import { defineJob, openQueue, Worker } from 'millhand'
      import { blocked, refuseBlocked, stopBlocked } from './allowed.ts'
      import { currentTenant, enterTenant, forTenant, keepTenant } from './tenant.ts'
      import { active, ended, traceEnqueue, traceRun } from './tracing.ts'

      const child = defineJob({ name: 'app.child', retries: 0, run: () => currentTenant() })
      const parent = defineJob({ name: 'app.parent', run: async (_, ctx) => void (await ctx.enqueue(child)) })
      const queue = await openQueue('memory:', {
        aroundEnqueue: [traceEnqueue, keepTenant, refuseBlocked],
        logger: false,
      })
      const work = () => new Worker(queue, { jobs: [parent, child], aroundRun: [traceRun, enterTenant, stopBlocked] })
      await forTenant('ada', () => active.run({ name: 'request', trace: 't1' }, () => queue.enqueue(parent)))
      await work().runUntilIdle()
      console.log(ended.toSorted().join(', '))
      const [done] = await queue.list({ job: child })
      console.log(done.output)

      await forTenant('bob', () => queue.enqueue(child))
      blocked.add('bob')
      await forTenant('bob', () => queue.enqueue(child)).catch(({ message }) => console.log(message))
      await work().runUntilIdle()
      const [stopped] = await queue.list({ state: 'failed' })
      console.log(stopped.failure.message)
      await queue.close()
    `,
  )
  expect(ended).toMatchObject({ code: 0, stderr: '' })
  expect(ended.stdout.split('\n')).toEqual([
    't1 enqueue app.child ended, t1 enqueue app.parent ended, t1 run app.child ended, t1 run app.parent ended',
    'ada',
    'app.child: this tenant is blocked',
    'this tenant was blocked meanwhile',
    '',
  ])
})

test('docs/testing.md: every test of the page passes, and the handler that is not to pass is told of as it says', async () => {
  const project = new Project(filesOn('docs/testing.md'))
  const ended = await runTests(project).ended
  expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/Tests +4 passed/) })

  const { stdout } = await runBeside(
    'docs/testing.md',
    `
      import { crashSweep } from 'millhand/testing'
      import { careless, mailService } from './orders.ts'

      const world = { setup: () => mailService.sent.clear(), state: () => [...mailService.sent.values()] }
      await crashSweep(careless, { order: '7', to: 'ada@example.com' }, world).catch(({ message }) => console.log(message))
    `,
  )
  const said = stdout.replaceAll(/^((?:What must|Enqueue).+?\.) [A-Z].*$/gm, '$1 […]')
  expect(fileAt('docs/testing.md').text).toContain(`\`\`\`text\n${said}\`\`\``)
})

test('docs/troubleshooting.md shows what explain says of a job that nobody handles', async () => {
  const project = new Project(WITH_JOBS)
  const { id } = await project.json<{ id: string }>('enqueue mail.send JSON', { json: '{"to":"ann"}' })
  const { stdout } = await project.run(`explain ${id}`)
  expect(fileAt('docs/troubleshooting.md').text).toContain(`\`\`\`text\n${stdout}\`\`\``)
})

test.each([
  ['docs/from-bullmq.md', "{ id: '7', data: { to: 'ada' } }"],
  ['docs/from-pg-boss.md', "[{ id: '7', data: { to: 'ada' } }]"],
  ['docs/from-graphile-worker.md', "{ to: 'ada' }, { job: { id: '7' } }"],
])('%s: what is forwarded is stored before the old job ends, and once if that is done again, also when it has run by then', async (page, old) => {
  const ended = await runBeside(
    page,
    `
      import { openQueue, Worker } from 'millhand'
      import { forward, sendMail } from './forward.ts'

      const queue = await openQueue('memory:')
      const work = () => new Worker(queue, { jobs: [sendMail.handle(() => {})] }).runUntilIdle()
      await forward(queue)(${old})
      await forward(queue)(${old})
      console.log(await work())
      await forward(queue)(${old})
      console.log(await work())
      console.log((await queue.list()).map(({ name, input }) => name + ' ' + input.to).join())
      await queue.close()
    `,
  )
  expect(ended).toMatchObject({ code: 0, stdout: '1\n0\nmail.send ada\n', stderr: '' })
})

test('docs/invoke.md: a worker of one slot runs a job and those that it waits for', async () => {
  const ended = await runFile(new Project(filesOn('docs/invoke.md')), 'count.ts').ended
  expect(ended).toMatchObject({ code: 0, stdout: '6\n', stderr: '' })
})
