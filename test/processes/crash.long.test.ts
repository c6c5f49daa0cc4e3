import { expect } from 'vitest'
import { BOUND, QUICK, results, type Scene, test, times, type WorkerProcess } from './scene.ts'
import { type Script, scripted } from './script.ts'

test('a worker killed among 2,000 jobs loses none, and no effect in a transaction happens twice', async ({
  scene,
  queue,
}) => {
  scene.prepareEffects()
  const tells = ['complete', 'rescue'] as const
  const victim = await scene.worker(QUICK, { tells })
  // However fast the others are, these are the victim's when it dies.
  const held = await queue.enqueueMany(scripted, times(5, { act: 'wait', once: true }))
  await victim.next('running', () => victim.all('running').length === held.length)
  const workers = [victim, await scene.worker(QUICK, { tells }), await scene.worker(QUICK, { tells })]
  const scripts = Array.from(
    { length: 2_000 },
    (_, index): Script => ({ act: index % 4 === 0 ? 'transaction' : 'effect' }),
  )
  const jobs = await queue.enqueueMany(scripted, scripts)

  await victim.next('complete', () => victim.all('complete').length >= 50)
  await victim.end('SIGKILL')
  await results([...held, ...jobs])

  // What it has done may be seen before it has told of it.
  await Promise.any(workers.slice(1).map((worker) => worker.next('rescue')))
  const rescued = workers.flatMap((worker) => worker.all('rescue').flatMap(({ event }) => event.rescued))
  expect(rescued).toEqual(expect.arrayContaining(held.map(({ id }) => id)))
  expect(await queue.count({ state: 'complete' })).toBe(2_005)
  const { effect, transaction } = scene.effects()
  expect(effect.size).toBe(1_500)
  expect([...transaction.values()]).toEqual(Array.from({ length: 500 }, () => 1))
  const completed = workers.flatMap((worker) => worker.all('complete').map(({ event }) => event.id))
  expect(new Set(completed).size).toBe(completed.length)
})

/** How soon is a promise of the conformance suite, by a clock that stands still meanwhile. */
test('with default options, the jobs of a killed worker run again', async ({ scene, queue }) => {
  // The first to start leads the maintenance, which makes it the worst one to lose.
  const victim = await scene.worker({})
  const jobs = await queue.enqueueMany(scripted, times(10, { act: 'wait', once: true }))
  await victim.next('running', () => victim.all('running').length === jobs.length)
  const other = await scene.worker({})

  await victim.end('SIGKILL')

  expect(await results(jobs)).toEqual(times(10, { act: 'return' }).map(() => ({ pid: other.pid, epoch: 2 })))
})

test('a job that kills three workers is quarantined, and the jobs that ran beside it complete', async ({
  scene,
  queue,
}) => {
  const first = await scene.worker(QUICK)
  const beside = await queue.enqueueMany(scripted, times(4, { act: 'wait', once: true }))
  await first.next('running', () => first.all('running').length === beside.length)
  const killer = await queue.enqueue(scripted, { act: 'kill' })
  await first.exited
  const later = await queue.enqueueMany(scripted, times(20, { act: 'return' }))

  const failed = expect(killer.result(BOUND)).rejects.toMatchObject({ code: 'job_failed' })
  expect(await restartUntil(scene, failed)).toEqual([
    { code: null, signal: 'SIGKILL' },
    { code: null, signal: 'SIGKILL' },
  ])

  expect(await killer.get()).toMatchObject({ state: 'failed', failure: { kind: 'crashed' }, crashes: 3 })
  expect(await results([...beside, ...later])).toHaveLength(24)
})

test('a handler that ends the process burns no attempt', async ({ scene, queue }) => {
  const first = await scene.worker(QUICK)
  const job = await queue.enqueue(scripted, { act: 'exit', once: true })

  expect(await first.exited).toEqual({ code: 1, signal: null })
  const second = await scene.worker(QUICK)

  expect(await job.result(BOUND)).toEqual({ pid: second.pid, epoch: 2 })
  expect(await job.get()).toMatchObject({ attempt: 1, crashes: 1, errors: [] })
})

test('when the leader dies, another worker takes over the maintenance, and after that one the next', async ({
  scene,
  queue,
}) => {
  const tells = ['rescue'] as const
  const leader = await scene.worker(QUICK, { tells })
  const followers = [await scene.worker(QUICK, { tells }), await scene.worker(QUICK, { tells })]
  const idOf = async ({ pid }: WorkerProcess) =>
    (await queue.workers()).find((worker) => worker.pid === pid)?.id as string
  const rescue = (by: WorkerProcess, lost: string) =>
    by.next('rescue', ({ event }) => event.workers.includes(lost)).then(() => by)
  const lead = await idOf(leader)
  const rescues = followers.map((follower) => rescue(follower, lead))

  await leader.end('SIGKILL')
  const second = await Promise.any(rescues)

  const third = followers.find((follower) => follower !== second) as WorkerProcess
  const next = rescue(third, await idOf(second))
  await second.end('SIGKILL')
  await next
  expect((await queue.workers()).map(({ pid }) => pid)).toEqual([third.pid])
  const job = await queue.enqueue(scripted, { act: 'return' })
  expect(await job.result(BOUND)).toMatchObject({ pid: third.pid })
})

/** As a supervisor does: a worker that ends is replaced. Gives how they ended. */
async function restartUntil(scene: Scene, done: Promise<unknown>) {
  const exits = []
  for (;;) {
    const worker = scene.launch(QUICK)
    const exit = await Promise.race([worker.exited, done.then(() => undefined)])
    if (!exit) return exits
    exits.push(exit)
  }
}
