import { expect, test } from 'vitest'
import { headLine } from '../../../src/cli/commands/explain.ts'

test('a state that the first reason begins with is not said before it as well', () => {
  const told = (text: string) =>
    headLine({
      ...{ id: 'x', name: 'app.greet', queue: 'default', state: 'complete', text },
      reasons: [{ code: 'settled', text, facts: {} }],
    })
  expect(told('complete since today')).toBe("app.greet in queue 'default':")
  expect(told('skipped: nothing to do')).toBe("app.greet in queue 'default' is complete:")
})
