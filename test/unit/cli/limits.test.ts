import { defineJob, Worker } from 'millhand'
import { openTestQueue } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'
import { limitsCommand } from '../../../src/cli/commands/limits.ts'
import { noteOf } from '../../../src/cli/job-table.ts'
import { KEY_COLUMNS, LIMIT_COLUMNS } from '../../../src/cli/limit-table.ts'
import { inCommandWords } from '../../../src/cli/words.ts'
import { heldJob } from '../../support/held-job.ts'
import { KeptStream, terminalOf } from './stream.ts'

/** The cells of a table that is as wide as it needs to be. */
const cellsOf = (lines: readonly string[]) => lines.map((line) => line.split(/ {2,}/))

test('the tables of limits say what holds now, and who holds each key', async () => {
  const { queue, clock } = await openTestQueue()
  onTestFinished(() => queue.close())
  const { job, runs } = heldJob({
    limits: [{ key: (input) => String(input), name: 'user', concurrency: 1 }],
  })
  const [first, second] = await queue.enqueueMany(job, ['ada', 'ada'])
  const worker = new Worker(queue, { jobs: [job] })
  await worker.start()
  await expect.poll(() => runs.length).toBe(1)
  await queue.limits.set('user', { rate: { count: 60, per: '1m' } })
  const terminal = terminalOf(new KeptStream())
  expect(cellsOf(terminal.table(LIMIT_COLUMNS, await queue.limits.list()))).toEqual([
    ['LIMIT', 'CONCURRENCY', 'RATE', 'ORIGIN', 'KEYS', 'RUNNING', 'WAITING'],
    ['user', '1', '60 in 1m', 'set live', '1', '1', '1'],
  ])
  const since = new Date(clock.now()).toISOString()
  expect(cellsOf(terminal.table(KEY_COLUMNS, await queue.limits.keys('user')))).toMatchObject([
    ['KEY', 'RUNNING', 'WAITING', 'CLOSED UNTIL', 'SINCE', 'HELD BY'],
    ['ada', '1', '1', since, first?.id],
  ])
  const waits = await second?.get()
  expect(waits && noteOf(waits, clock.now())).toBe('waits for limit user=ada')
  for (const run of runs) run.end()
  await worker.stop({ timeout: 0 })
})

test('flags of limits that say nothing of what is done are refused', async () => {
  const slips: [args: string[], options: object, problem: string][] = [
    [['grow'], {}, "'grow' is none of list, show, set, reset"],
    [['set'], {}, 'set needs the name of a limit'],
    [['list', 'api'], {}, "list shows all, and takes no 'api': show does"],
    [['set', 'api'], {}, 'set needs --concurrency, --rate or both'],
    [['show', 'api'], { rate: '60/1m' }, '--concurrency and --rate are for set'],
    [['set', 'api'], { concurrency: '1', limit: '5' }, '--limit is for show'],
  ]
  for (const [args, options, problem] of slips) {
    const call = { command: 'limits', args, options, terminal: terminalOf(new KeptStream()) }
    await expect(limitsCommand.run(call)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(problem),
    })
  }
})

test('what is wrong with a rate is told as the flag that was typed', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await queue.enqueue(defineJob({ name: 'test.limited', limits: [{ key: 'api', concurrency: 1 }] }))
  const rates: [rate: object, words: string][] = [
    [{ count: 0, per: '1m' }, '--rate is 0, expected a whole number from 1'],
    [{ count: 1, per: 'soon' }, "--rate is 'soon', expected a duration"],
  ]
  for (const [rate, words] of rates) {
    const error = await queue.limits.set('api', { rate } as never).catch((thrown: unknown) => thrown)
    const told = inCommandWords(error, ['limits', 'set', 'api', '--rate', '0/1m']) as Error
    expect(told.message).toContain(words)
  }
})
