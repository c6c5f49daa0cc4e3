import { expect, test } from 'vitest'
import { jobError } from '../../../src/job/errors.ts'
import { sentence } from '../../../src/kit/sentence.ts'

test('what somebody else has said ends before what follows it', () => {
  expect(['no disk', 'No disk.', 'Who?', ''].map(sentence)).toEqual(['no disk.', 'No disk.', 'Who?', ''])
  expect(jobError('setup_failed', { problem: 'no model' }).message).toContain('no model. Nothing was claimed')
})
