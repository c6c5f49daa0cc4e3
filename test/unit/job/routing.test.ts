import { expect, test } from 'vitest'
import { defineJob } from '../../../src/job/definition.ts'
import { type EnqueueOptions, parseEnqueue } from '../../../src/job/enqueue-options.ts'
import { covers, handlesName, mostSpecific, nameMatcher, within } from '../../../src/job/handled-names.ts'
import { readGates, requirementsIn, withRequirements } from '../../../src/job/job-gates.ts'
import { laneName, readLaneName } from '../../../src/job/lane-name.ts'
import { newJob, termsOf } from '../../../src/job/new-job.ts'
import { gatesWithin } from '../../../src/job/queue-gates.ts'
import {
  lacking,
  type Requirement,
  readRequirements,
  requirementsText,
} from '../../../src/job/requirements.ts'
import { requireSpec } from '../../../src/job/specs.ts'
import { isInRange, readRange } from '../../../src/job/version.ts'

const text = (...requires: Requirement[]) => requirementsText('test', requires)

test.each([
  ['video.*', 'video.cut', true],
  ['video.*', 'video.youtube.get', true],
  ['video.*', 'video.youtube.*', true],
  ['video.*', 'video', false],
  ['video.*', 'videos.cut', false],
  ['video.youtube.*', 'video.*', false],
  ['video.cut', 'video.cut', true],
  ['video.cut', 'video.cut.long', false],
])('%s stands for %s: %s', (handled, name, yes) => {
  const told = [covers(handled, name), handlesName([handled], name), nameMatcher([handled])(name)]
  expect(told).toEqual([yes, yes, yes])
})

test('the most specific handler wins: the name itself, then the longest prefix', () => {
  const known = new Map(['video.*', 'video.youtube.get', 'video.youtube.*'].map((name) => [name, name]))
  const names = ['video.youtube.get', 'video.youtube.put', 'video.cut', 'audio.cut']
  expect(names.map((name) => mostSpecific(known, name))).toEqual([
    'video.youtube.get',
    'video.youtube.*',
    'video.*',
    undefined,
  ])
})

test('a role leaves of the handled names what is in both, the narrower of the two', () => {
  const handled = ['video.*', 'audio.mix', 'audio.transcode', 'mail.send']
  expect(within(['video.youtube.*', 'audio.transcode', 'text.*'], handled)).toEqual([
    'video.youtube.*',
    'audio.transcode',
  ])
})

test.each([
  ['2', '>=2', true],
  ['2.0.0', '>=2', true],
  ['10.1', '>=9.9.9', true],
  ['1.9.9', '>=2', false],
  ['2.0.1', '=2', false],
  ['2.0.0-rc.1', '=2', true],
  ['v2.1', '>2', true],
  ['1', '<2', true],
  ['2', '<=2.0', true],
  ['main', '>=0', false],
  ['', '>=0', false],
])('version %s is in %s: %s', (version, range, yes) => expect(isInRange(version, range)).toBe(yes))

test('a range of versions has one form, and what is none is refused', () => {
  expect([' >= 2.1 ', '>=2.1', '= 1'].map(readRange)).toEqual(['>=2.1', '>=2.1', '=1'])
  expect(['2', '^2', '>= 2 || < 1', '>= x', '>=  2', '>= 1.2.3.4.5'].map(readRange)).toEqual(
    Array(6).fill(undefined),
  )
})

test('requirements are sorted, each once, and read back as they were given', () => {
  const words = text('region:eu', { version: '>=2' }, 'gpu', 'gpu')
  expect(words).toBe('gpu region:eu version>=2')
  expect(readRequirements(words)).toEqual(['gpu', 'region:eu', { version: '>= 2' }])
  expect(text(...readRequirements(words))).toBe(words)
})

test('requirements that cannot be, or are too many, are refused with what was expected', () => {
  const many = Array.from({ length: 11 }, (_, index) => `c${index}`)
  for (const wrong of [
    ['a b'],
    [''],
    ['a'.repeat(65)],
    [{ version: '2' }],
    [{ version: '>= 2', or: 1 }],
    [5],
    many,
  ]) {
    expect(() => defineJob({ name: 'app.wrong', requires: wrong as Requirement[] })).toThrow(
      expect.objectContaining({
        code: 'invalid_option',
        facts: expect.objectContaining({ option: 'requires' }),
      }),
    )
  }
})

test('a worker lacks what is not among its capabilities, and a version that is in no range', () => {
  const needs = text('gpu', 'region:eu', { version: '>= 2' })
  expect(lacking(needs, { capabilities: ['gpu', 'other'], version: '1.5' })).toEqual([
    'region:eu',
    'version>=2',
  ])
  expect(lacking(needs, { capabilities: ['region:eu', 'gpu'], version: '2.0' })).toEqual([])
  expect(lacking('', { capabilities: [], version: null })).toEqual([])
  expect(lacking('version>=2', { capabilities: ['version>=2'], version: null })).toEqual(['version>=2'])
})

test('what a job requires stands before its gates, and is none of them', () => {
  const limits = JSON.stringify([['api', 1]])
  for (const gates of [null, limits]) {
    const kept = withRequirements(gates, 'gpu version>=2')
    expect([requirementsIn(kept), readGates(kept)]).toEqual(['gpu version>=2', readGates(gates)])
    expect([withRequirements(kept, ''), requirementsIn(withRequirements(kept, 'tpu'))]).toEqual([
      gates,
      'tpu',
    ])
  }
  expect([requirementsIn(null), requirementsIn(limits), withRequirements(limits, '')]).toEqual([
    '',
    '',
    limits,
  ])
})

test('what a job requires stays with it when its queue gives it gates, or takes them', () => {
  const kept = withRequirements(JSON.stringify([['api', 1]]), 'gpu')
  const held = gatesWithin(kept, [{ key: 'mail', concurrency: 2 }])
  expect([requirementsIn(held), readGates(held).map(({ gate }) => gate)]).toEqual(['gpu', ['api', 'mail']])
  expect(gatesWithin(held, undefined)).toBe(kept)
  expect(withRequirements(held, '')).toBe(
    gatesWithin(JSON.stringify([['api', 1]]), [{ key: 'mail', concurrency: 2 }]),
  )
})

test('what somebody has written among the gates of a job is none, and keeps no job from another queue', () => {
  expect(gatesWithin('[["api",1],null,5,["mail",2,1]]', undefined)).toBe('[["api",1]]')
})

test('the name of a lane is that of its jobs and what they require', () => {
  expect(laneName('video.cut', '')).toBe('video.cut')
  const lane = laneName('video.cut', 'gpu version>=2')
  expect(readLaneName(lane)).toEqual({ name: 'video.cut', requirements: 'gpu version>=2' })
})

test('a call takes the place of what its definition requires, and a spread one keeps it', () => {
  const render = defineJob({ name: 'video.render', requires: ['gpu'] })
  const limitsOf = (options: EnqueueOptions) => {
    const terms = termsOf(render, parseEnqueue('enqueue', options))
    return newJob(render, { id: 'a', input: 'null', checked: null }, terms).limits
  }
  expect(requirementsIn(limitsOf({}))).toBe('gpu')
  expect(requirementsIn(limitsOf({ requires: ['tpu'] }))).toBe('tpu')
  expect(limitsOf({ requires: [] })).toBe(null)
  expect(requireSpec('enqueue', { ...render, priority: 1 })).toMatchObject({ requirements: 'gpu' })
})

test('a definition may be named by a prefix, and a job may not', () => {
  expect(defineJob({ name: 'video.youtube.*' }).name).toBe('video.youtube.*')
  for (const name of ['*', '.*', 'video*', 'video.*.cut', 'video.**'])
    expect(() => defineJob({ name })).toThrow(expect.objectContaining({ code: 'invalid_name' }))
})
