import { expect, test } from 'vitest'
import { framesOf } from '../../../src/cli/frames.ts'

const OURS = '    at execute (file:///srv/app/node_modules/millhand/dist/worker.js:12:3)'
const NODE = '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)'

test('the frames of a handler stay, and those that only say how it was called are left out', () => {
  const handler = '    at run (file:///srv/app/jobs/mail.ts:4:9)'
  const library = '    at send (file:///srv/app/node_modules/mailer/index.js:4:9)'
  expect(framesOf(['Error: no', library, handler, OURS, NODE, OURS].join('\n'))).toEqual([library, handler])
  expect(framesOf(['Error: no', OURS, handler, NODE, OURS].join('\n'))).toEqual([OURS, handler])
})

test('a stack that has no other frames is left as it is', () => {
  expect(framesOf(['Error: no', OURS, NODE].join('\n'))).toEqual([OURS, NODE])
  expect(framesOf('Error: no')).toEqual([])
})
