import { expect, test } from 'vitest'
import { threadFlags } from '../../../src/worker/thread-flags.ts'

test('a thread is started with the flags of its process, which Node does not look at again', () => {
  expect(threadFlags(['--max-semi-space-size=2', '--conditions=source', '--import', 'tsx'])).toBeUndefined()
})

test('the thread of a program on the command line gets what resolves its modules', () => {
  const flags = ['--input-type=module', '--conditions=source', '--max-old-space-size=64', '--eval', 'text']
  expect(threadFlags(flags)).toEqual(['--conditions=source'])
  expect(threadFlags(['--input-type', 'module', '-C', 'source', '-e', 'text'])).toEqual(['-C', 'source'])
})
