import { expect, test } from 'vitest'
import { Screen } from '../../../src/cli/screen.ts'
import { KeptStream } from './stream.ts'

test('a drawing replaces the one before it, cut to the height of the terminal', () => {
  const stream = new KeptStream({ columns: 80, rows: 4 })
  const screen = new Screen(stream)
  screen.draw(['one', 'two', 'three', 'four', 'five'])
  expect(stream.text).toBe('\u001b[?25l\u001b[?7lone\u001b[K\ntwo\u001b[K\nthree\u001b[K\n\u001b[J\u001b[?7h')
  stream.text = ''
  screen.draw(['only'])
  screen.close()
  expect(stream.text).toBe('\u001b[?25l\u001b[?7l\u001b[3Fonly\u001b[K\n\u001b[J\u001b[?7h\u001b[?25h')
})
