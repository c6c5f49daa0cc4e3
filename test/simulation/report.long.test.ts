import { expect, test } from 'vitest'
import type { Plant } from '../../simulation/database.ts'
import { databasesOn } from '../../simulation/databases.ts'
import { readOptions } from '../../simulation/options.ts'
import { PLANTS } from '../../simulation/plants.ts'
import { Report } from '../../simulation/report.ts'
import { shorten } from '../../simulation/shorten.ts'
import { simulate } from '../../simulation/simulate.ts'

test('a seed that fails is told as a shorter story, with the command that replays it', async () => {
  const plant = plantOf('an insert that is acknowledged and forgotten now and then')
  const simulation = { databases: databasesOn('memory'), seed: 13, steps: 400, plant }
  const course = await simulate(simulation)
  const shortest = await shorten(simulation, course)
  expect(course.problems.join()).toMatch(/jobs\.insert lost job-\d+/)
  expect(shortest.problems.join()).toMatch(/jobs\.insert lost job-\d+/)
  expect(shortest.story().length).toBeLessThan(course.story().length)

  const report = new Report(readOptions(['--seed', '13', '--seeds', '10']))
  report.add(course)
  const lines = report.lines(shortest)
  expect(lines[0]).toMatch(/^1 seeds on memory: \d+ calls and \d+ faults, a violation with seed 13$/)
  expect(lines).toEqual(expect.arrayContaining([...shortest.problems]))
  expect(lines.at(-1)).toBe('Again: npm run simulate -- --store memory --seed 13 --seeds 1 --steps 400')
  expect(report.facts(shortest)).toMatchObject({ failed: 13, problems: course.problems, seeds: 1 })
})

test('options that are none are refused with what was expected', () => {
  expect(readOptions([])).toEqual({
    store: 'memory',
    seed: undefined,
    seeds: 100,
    steps: 400,
    url: undefined,
    twice: false,
    json: false,
  })
  expect(() => readOptions(['--store', 'redis'])).toThrow(
    '--store redis: expected memory or sqlite or postgres',
  )
  expect(() => readOptions(['--seeds', '0'])).toThrow('--seeds 0: expected a whole number from 1')
})

function plantOf(fault: string): Plant {
  const found = PLANTS.find((planted) => planted.fault === fault)
  if (!found) throw new Error(`nothing is planted as '${fault}'`)
  return found.plant
}

test('seeds that go another way when they are run again are counted, and on a server one of ten may', async () => {
  const databases = databasesOn('memory')
  const [one, other] = [
    await simulate({ databases, seed: 1, steps: 20 }),
    await simulate({ databases, seed: 2, steps: 20 }),
  ]
  const [memory, postgres] = ['memory', 'postgres'].map(
    (store) => new Report(readOptions(['--store', store, '--twice'])),
  ) as [Report, Report]
  for (let count = 0; count < 9; count += 1) for (const report of [memory, postgres]) report.again(one, one)
  expect(memory.repeatsEnough).toBe(true)

  memory.again(one, other)
  postgres.again(one, other)

  expect([memory.repeatsEnough, postgres.repeatsEnough]).toEqual([false, true])
  expect(memory.lines()).toContain('run twice: 9 went the same way again; another way: 1')
  expect(memory.facts()).toMatchObject({ repeated: 9, others: [1] })
})
