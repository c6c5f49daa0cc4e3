import { expect } from 'vitest'
import { LOG_LINES_MAX } from '../../src/job/limits.ts'
import type { LogLine } from '../../src/store/jobs.ts'
import { COMPLETE, enqueue, find, newJob, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** What running jobs tell of themselves. */
export function reportPromises(test: StoreTest): void {
  test('progress and checkpoint are kept with the job', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const progress = { fraction: 0.5, message: 'half, "half" \u0000 way 🎉', data: { pages: [1, 2] } }

    expect(await worker.report(job, { progress, checkpoint: '[1,2]' })).toBe('settled')

    const { progress: kept, checkpoint } = await find(store, 'a')
    expect(JSON.parse(kept ?? '')).toEqual(progress)
    expect(checkpoint).toBe('[1,2]')
  })

  test('a report changes only what it tells', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await worker.report(job, { progress: { fraction: 0.1 } })
    await worker.report(job, { checkpoint: '"here"' })
    const before = await find(store, 'a')

    await worker.report(job, { logs: [] })
    await worker.report(job, {})

    expect(await find(store, 'a')).toEqual(before)
    expect(before).toMatchObject({ state: 'running', progress: '{"fraction":0.1}', checkpoint: '"here"' })
  })

  test('log lines are kept in the order in which they were written', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const [a, b] = await worker.claim()
    if (!a || !b) throw new Error('two jobs were expected')
    const lines: LogLine[] = [
      { at: clock.now(), level: 'info', message: "it's 'quoted'", data: null },
      { at: clock.now(), level: 'error', message: '🙈', data: '{"tries":1}' },
    ]
    await worker.report(a, { logs: lines })
    await worker.report(b, { logs: [logLine('of b')] })
    await worker.report(a, { logs: [logLine('last')] })

    expect(await store.catalog.logs('a')).toEqual([...lines, logLine('last')])
    expect(await store.catalog.logs('b')).toEqual([logLine('of b')])
    expect(await store.catalog.logs('nobody')).toEqual([])
  })

  test('of more log lines than are kept, the newest stay', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const lines = Array.from({ length: LOG_LINES_MAX + 500 }, (_, index) => logLine(`line ${index}`))
    await worker.report(job, { logs: lines.slice(0, 700) })
    await worker.report(job, { logs: lines.slice(700) })

    expect(await store.catalog.logs('a')).toEqual(lines.slice(-LOG_LINES_MAX))
  })

  test('who has lost a job, or never had it, cannot report on it', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const other = await startWorker(store, 'other')
    const told = { progress: { fraction: 1 }, checkpoint: '1', logs: [logLine('late')] }

    expect(await other.report(job, told)).toBe('refused')
    expect(await worker.report({ ...job, epoch: 0 }, told)).toBe('refused')
    expect(await worker.report({ ...job, seq: 999, id: 'never' }, told)).toBe('refused')
    await worker.settle(job, COMPLETE)
    expect(await worker.report(job, told)).toBe('refused')

    expect(await find(store, 'a')).toMatchObject({ progress: null, checkpoint: null })
    expect(await store.catalog.logs('a')).toEqual([])
  })

  test('a report on a cancelled job says so, until its worker lets go', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await store.catalog.cancel(['a'], 'stop')

    expect(await worker.report(job, { progress: { fraction: 1 } })).toBe('cancelled')
    expect(await worker.report(job, { checkpoint: '1' })).toBe('cancelled')
    expect(await find(store, 'a')).toMatchObject({ progress: null, checkpoint: null, worker: 'first' })

    await worker.settle(job, COMPLETE)
    expect(await worker.report(job, { checkpoint: '1' })).toBe('refused')
  })

  test('each report of a call is judged by itself', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const claimed = await worker.claim()
    await store.catalog.cancel(['b'], 'stop')
    const reports = claimed.map(({ seq, id, epoch }) => ({
      seq,
      id,
      epoch,
      worker: 'first',
      checkpoint: '1',
    }))

    expect(await store.jobs.report(reports)).toEqual(['settled', 'cancelled'])
    expect(await store.jobs.report([])).toEqual([])
  })
}

function logLine(message: string): LogLine {
  return { at: 1_000, level: 'info', message, data: null }
}
