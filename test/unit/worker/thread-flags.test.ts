import { expect, test } from 'vitest'
import { threadFlags } from '../../../src/worker/thread-flags.ts'

test('the built thread of a beat loads nothing that its process loads first, and warns of nothing that it does not', () => {
  const flags = ['--import', 'tsx', '--require=apm', '--disable-warning=ExperimentalWarning', '--no-warnings']
  expect(threadFlags(flags, true)).toEqual(['--disable-warning=ExperimentalWarning', '--no-warnings'])
})

test('a program on the command line has a beat of its own thread, too', () => {
  expect(threadFlags(['--input-type=module', '--conditions=source'], false)).toEqual(['--conditions=source'])
  expect(threadFlags(['--input-type', 'module', '-e', 'text'], false)).toEqual(['-e', 'text'])
})
