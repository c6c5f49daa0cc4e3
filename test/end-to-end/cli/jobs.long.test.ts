import { defineJob, openQueue, Worker } from 'millhand'
import { expect, test } from 'vitest'
import { Project, WITH_JOBS } from './project.ts'

interface Enqueued {
  readonly id: string
  readonly existed: boolean
}

interface ShownJob {
  readonly id: string
}

/** What the jobs of the project do, for this process: these tests are about looking at jobs, not at running them. */
const send = defineJob({
  name: 'mail.send',
  retries: 0,
  run(input: unknown, ctx) {
    const { to, fail } = input as { to: string; fail?: string }
    ctx.log.info('sending', { to })
    ctx.progress({ fraction: 0.5 })
    if (fail) throw new Error(fail)
    return { sentTo: to }
  },
})

/** A project with one job that went well, one that failed, and one that waits. */
async function withHistory() {
  const project = new Project(WITH_JOBS)
  const queue = await openQueue(project.store)
  const good = await queue.enqueue(send, { to: 'ann' }, { tags: ['first'] })
  const bad = await queue.enqueue(send, { to: 'bob', fail: 'no route' })
  await new Worker(queue, { jobs: [send] }).runUntilIdle()
  const later = await queue.enqueue(send, { to: 'cem' }, { delay: '1h', key: 'k' })
  await queue.close()
  return { project, good: good.id, bad: bad.id, later: later.id }
}

test('what was enqueued is run by a worker', async () => {
  const project = new Project(WITH_JOBS)
  const flags = '--tag a --tag b --priority 5 --context {"user":7} --retries 2 --timeout 1m'
  const given = project.json<Enqueued>(`enqueue mail.send JSON ${flags}`, { json: '{"to":"ann"}' })
  const read = project.json<Enqueued>('enqueue mail.send -', { input: '{"to":"bob"}' })
  const [{ id, existed }] = await Promise.all([given, read])
  expect(existed).toBe(false)
  expect(await project.json('work --until-idle --log-level silent')).toEqual({ ran: 2 })
  expect(await project.json(`job ${id}`)).toMatchObject({
    state: 'complete',
    output: { sentTo: 'ann' },
    tags: ['a', 'b'],
    context: { user: 7 },
    priority: 5,
    retries: 2,
  })
})

test('jobs are listed, filtered and counted', async () => {
  const { project, good, bad, later } = await withHistory()
  const ids = async (flags: string) => (await project.json<ShownJob[]>(`jobs ${flags}`)).map(({ id }) => id)
  const found = await Promise.all([
    ids('--name mail.send'),
    ids('--state failed --state complete'),
    ids('--error route'),
    ids('--scheduled --queue default'),
    ids('--tag first --newer-than 1h'),
    ids(`--before ${bad} --limit 1`),
  ])
  expect(found).toEqual([[later, bad, good], [bad, good], [bad], [later], [good], [good]])
  const [stats, queues, table] = await Promise.all([
    project.json('stats'),
    project.json('queues'),
    project.run('jobs --state failed'),
  ])
  expect(stats).toMatchObject({ complete: 1, failed: 1, pending: 1, scheduled: 1, workers: 0 })
  expect(queues).toMatchObject([{ queue: 'default', complete: 1, paused: false }])
  expect(table.stdout).toMatch(
    /^ID +STATE +NAME +QUEUE +TRY +AGE +NOTE\n\S+ +failed +mail\.send .*error: no route\n$/,
  )
})

test('one job is shown with everything, and explained', async () => {
  const { project, good, bad, later } = await withHistory()
  const [sheet, failed, why, document] = await Promise.all([
    project.run(`job ${good}`),
    project.run(`job ${bad}`),
    project.run(`explain ${later}`),
    project.json(`job ${good}`),
  ])
  expect(sheet.stdout).toMatch(
    /^mail\.send complete\n[\s\S]*output +\{"sentTo":"ann"\}[\s\S]*info {2}sending \{"to":"ann"\}/,
  )
  expect(failed.stdout).toMatch(/errors\n {2}attempt 1, .*, error: no route\n {2} +at /)
  expect(why.stdout).toMatch(
    /^mail\.send in queue 'default' is pending:\n {2}due in 59m [\s\S]*no live worker handles/,
  )
  expect(document).toMatchObject({
    id: good,
    tags: ['first'],
    progress: { fraction: 0.5 },
    explanation: { reasons: [{ code: 'settled' }] },
    logs: [{ level: 'info', message: 'sending', data: { to: 'ann' } }],
  })
})

test('jobs are retried and cancelled by id and by filter; a filter asks for --yes', async () => {
  const { project, good, bad, later } = await withHistory()
  expect(await project.json(`retry ${bad}`)).toEqual({ retried: [bad], refused: [] })
  const again = await project.run(`retry ${good} ${bad} nobody`)
  expect(again).toMatchObject({ code: 3, stdout: '' })
  expect(again.stderr).toContain(`Job '${good}' is complete: only a failed or cancelled job can be retried.`)
  expect(again.stderr).toContain('(not_retryable)')
  expect(again.stderr).toContain('(job_not_found)')
  const unsure = await project.run('cancel --name mail.send')
  expect(unsure).toMatchObject({ code: 2, stderr: expect.stringContaining('(confirmation_required)') })
  expect(await project.json('cancel --name mail.send --yes --reason enough')).toEqual({
    operation: expect.any(String),
    dryRun: false,
    jobs: 2,
  })
  expect(await project.run(`cancel ${later}`)).toMatchObject({ code: 1 })
  expect(await project.json('jobs --state cancelled')).toMatchObject([
    { reason: 'enough' },
    { reason: 'enough' },
  ])
})

test('what waits is put elsewhere, and what has ended is deleted, by filter; who did it is listed', async () => {
  const { project, bad, later } = await withHistory()
  const queued = '--name mail.send --state pending --yes --by ada'
  for (const words of [`reprioritise 7 ${queued}`, `reschedule now ${queued}`, `move urgent ${queued}`])
    expect(await project.json(words)).toMatchObject({ dryRun: false, jobs: 1 })
  expect(await project.json(`job ${later}`)).toMatchObject({ priority: 7, queue: 'urgent' })
  expect(await project.json('delete --state failed --dry-run')).toEqual({ dryRun: true, jobs: 1 })
  expect(await project.json('delete --state failed --yes --operation tidy')).toMatchObject({ jobs: 1 })
  expect(await project.run(`job ${bad}`)).toMatchObject({ code: 3 })
  expect(await project.json('operations')).toMatchObject([
    { id: 'tidy', verb: 'delete', jobs: 1 },
    { verb: 'move', by: 'ada', queue: 'urgent' },
    { verb: 'reschedule', by: 'ada', dueAt: expect.any(String) },
    { verb: 'reprioritise', by: 'ada', priority: 7, filter: { name: ['mail.send'], state: ['pending'] } },
  ])
  expect((await project.run('operations')).stdout).toMatch(/BY +VERB.*ada +move/s)
  expect(await project.run('reschedule 5 --all')).toMatchObject({ code: 2 })
})

test('a key gives the job that holds it; a pause is seen by everybody; prune deletes what is old', async () => {
  const { project, later } = await withHistory()
  const same = project.json('enqueue mail.send JSON --key k', { json: '{"to":"cem"}' })
  expect(await same).toEqual({ id: later, existed: true, replaced: false })
  await project.run('pause default --by ana --reason down')
  expect(await project.json('queues')).toMatchObject([{ paused: true, pause: { by: 'ana', reason: 'down' } }])
  expect((await project.run('queues')).stdout).toContain('paused by ana: down')
  expect(await project.json('explain '.concat(later))).toMatchObject({
    reasons: expect.arrayContaining([expect.objectContaining({ code: 'queue_paused' })]),
  })
  const whole = (await project.run('explain --queue default')).stdout
  expect(whole).toMatch(
    /^queue 'default':\n {2}queue 'default' is paused by ana: down\n[\s\S]*\nNAME +READY /,
  )
  expect(await project.json('explain --queue defalt')).toMatchObject({
    ...{ ready: 0, names: [], reasons: [{ code: 'queue_empty' }] },
    note: expect.stringMatching(/Did you mean 'default'\?/),
  })
  expect(await project.json('resume default')).toEqual({ queue: 'default', paused: false })
  expect(await project.json('prune --complete 0 --failed 0')).toEqual({ pruned: 2 })
})

test('a key is kept, replaced, refused and freed as its flags say', async () => {
  const project = new Project(WITH_JOBS)
  const keyed = (flags: string) =>
    project.run(`enqueue mail.send JSON --key k ${flags}`, { json: '{"to":"ann"}' })
  const first = await keyed('--key-scope forever --delay 1h')
  const second = await keyed('--key-scope forever --on-conflict replace')
  expect(second.stdout).toBe(`${first.stdout.trim()} (it waited with this key, and is what you gave now)\n`)
  const held = await project.json<object>('free-key mail.send k')
  expect(held).toEqual({ name: 'mail.send', key: 'k', freed: true, heldBy: first.stdout.trim() })
  await keyed('--key-scope forever --on-conflict replace')
  await project.run('work --until-idle')
  expect(await keyed('--on-conflict reject')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(key_conflict)'),
  })
  expect((await keyed('--on-conflict existing')).stdout).toContain('(a job with this key was there already)')
  expect((await project.run('free-key mail.send k')).stdout).toBe("Key 'k' of 'mail.send' is free.\n")
  expect((await project.run('free-key mail.send k')).stdout).toBe("Key 'k' of 'mail.send' was not kept.\n")
  expect((await keyed('--on-conflict reject')).code).toBe(0)
  expect(await keyed('--key-scope never')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'active', 'forever'"),
  })
})

test('changes are streamed while they happen', async () => {
  const project = new Project(WITH_JOBS)
  await project.run('migrate')
  const changes = project.start('jobs --watch --json --name mail.send')
  const counts = project.start('stats --watch --json')
  // The first counts come when the reading of the changes has begun, in both.
  await counts.line(/"complete":0/)
  await project.json('enqueue mail.send JSON', { json: '{"to":"dan"}' })
  expect(await counts.line(/"pending":1/)).toContain('"oldestWaitMs"')
  await project.run('work --until-idle')
  expect(JSON.parse(await changes.line(/complete/))).toMatchObject({ name: 'mail.send', state: 'complete' })
  expect((await changes.end('SIGINT')).code).toBe(0)
  expect((await counts.end('SIGTERM')).code).toBe(0)
})
