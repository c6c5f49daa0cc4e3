import { expect, test } from 'vitest'
import {
  requireHandledName,
  requireJobName,
  requireLabel,
  requireQueueName,
  requireTags,
} from '../../../src/job/names.ts'

test.each([
  ['an escape sequence', 'ab\u001b[31m', 'character 3 is U+001B'],
  ['NUL', '\0', 'character 1 is U+0000'],
  ['DEL', 'a\u007f', 'character 2 is U+007F'],
  ['a control character of the second set', 'a\u009b2J', 'character 2 is U+009B'],
  ['an override of the direction', '😀\u202eb', 'character 2 is U+202E'],
  ['an isolate', 'a\u2066', 'character 2 is U+2066'],
  ['a break of the line', 'a\u2028', 'character 2 is U+2028'],
  ['half of a pair', 'a\ud800', 'character 2 is U+D800'],
])('a key, a tag or a name with %s is refused, and the message names the character', (_, text, problem) => {
  for (const check of [
    () => requireLabel('key', text),
    () => requireTags([text]),
    () => requireJobName(text),
    () => requireQueueName(text),
  ]) {
    expect(check).toThrow(problem)
    expect(check).not.toThrow(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}]/u)
  }
})

test('letters of every script and pictures that are joined may stand in keys and tags', () => {
  for (const text of ['straße', '日本', 'می\u200cخواهم', '👩\u200d👧', 'a b', 'שלום'])
    expect(requireLabel('key', text)).toBe(text)
})

test('what is nearly a prefix is refused with how one is written', () => {
  for (const name of ['a*', '*.video', '*', 'a*.*'])
    expect(() => requireHandledName(name)).toThrow(
      /; a prefix is 'video\.\*', for all names that begin with 'video\.'\.$/,
    )
  expect(() => requireHandledName('a b')).toThrow(/a letter, a digit or _\.$/)
  expect(requireHandledName('video.*')).toBe('video.*')
})
