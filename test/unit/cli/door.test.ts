import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { painted, toJson } from '../../../src/cli/door.ts'
import { cliError } from '../../../src/cli/errors.ts'
import { sheetLines } from '../../../src/cli/job-sheet.ts'
import { jobColumns } from '../../../src/cli/job-table.ts'
import { makeLogger } from '../../../src/cli/log.ts'
import { paintFor, plain } from '../../../src/cli/paint.ts'
import { Screen } from '../../../src/cli/screen.ts'
import { tableLines } from '../../../src/cli/table.ts'
import { tell } from '../../../src/cli/tell.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import type { Job } from '../../../src/job/job.ts'
import { anyCharacter } from '../../support/texts.ts'
import { KeptStream } from './stream.ts'

/** Looks like a title, clears the screen, sets the title, in C0 and in C1; turns the line round; breaks it. */
const EVIL = 'a\u001b[1mFAKE\u001b[2J\u001b]0;x\u0007\u009b2J\u202eb\u2066\u2028\u061c\u007f\u{e0001}c'
/** What a terminal acts on, but for the styles of `paint` and the ends of lines. */
const ACTED_ON = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu
const ESCAPE = '\u001b'
const STYLES_AND_ENDS = new RegExp(`${ESCAPE}\\[\\d+m(?!FAKE)|\n`, 'g')
const actedOn = (text: string) =>
  painted(text) === text && text.replaceAll(STYLES_AND_ENDS, '').match(ACTED_ON)

const failure = {
  kind: 'error',
  message: EVIL,
  code: EVIL,
  stack: `${EVIL}\n    at ${EVIL}`,
  attempt: 1,
  at: new Date(0),
} as const
const JOB: Job = {
  ...{ id: EVIL, name: EVIL, queue: EVIL, key: EVIL, tags: [EVIL], context: { [EVIL]: EVIL } },
  ...{
    priority: 0,
    retries: 3,
    attempt: 1,
    epoch: 1,
    crashes: 0,
    createdAt: new Date(0),
    dueAt: new Date(0),
  },
  ...{ input: { [EVIL]: EVIL }, checkpoint: EVIL, progress: { message: EVIL, data: EVIL } },
  ...{ state: 'failed', failure, errors: [failure], finishedAt: new Date(0) },
}

function terminalWith(json: boolean) {
  const [stdout, stderr] = [
    new KeptStream({ columns: 200, rows: 50 }),
    new KeptStream({ columns: 200, rows: 50 }),
  ]
  return { stdout, stderr, terminal: new Terminal({ stdout, stderr, env: {}, json }) }
}

describe('nothing that a row or an argument holds makes a terminal do anything', () => {
  test('in tables and sheets', () => {
    const { stdout, terminal } = terminalWith(false)
    const reason = { code: 'settled', text: EVIL, mend: EVIL, facts: {} } as const
    const explanation = {
      id: 'j',
      name: EVIL,
      queue: EVIL,
      state: 'failed',
      reasons: [reason],
      text: EVIL,
    } as const
    const logs = [{ at: 0, level: 'info', message: EVIL, data: EVIL }] as const
    terminal.show(undefined, () => terminal.table(jobColumns(0), [JOB]))
    terminal.show(undefined, () => sheetLines({ job: JOB, explanation, logs }, terminal.paint))
    expect(stdout.text).toContain('\u001b[31m')
    expect(actedOn(stdout.text)).toBeNull()
  })

  test('whatever a command gives to be shown, noted or drawn', () => {
    const { stdout, stderr, terminal } = terminalWith(false)
    const raw = EVIL.replace('\u001b[1mFAKE', '')
    terminal.show(raw, () => [raw, terminal.paint('red', raw)])
    terminal.note(EVIL)
    terminal.refuse(EVIL)
    expect([actedOn(stdout.text), actedOn(stderr.text)]).toEqual([null, null])
    const [drawn, clean] = [
      new KeptStream({ columns: 80, rows: 9 }),
      new KeptStream({ columns: 80, rows: 9 }),
    ]
    new Screen(drawn).draw([`${raw}\n${raw}`])
    new Screen(clean).draw(['x'])
    expect(drawn.text.match(ACTED_ON)).toEqual(clean.text.match(ACTED_ON))
  })

  test('in errors, foreseen or not, with their stacks', () => {
    const unexpected = Object.assign(new Error(EVIL), { stack: `Error: ${EVIL}\n    at ${EVIL} (x.js:1:2)` })
    const odd = new Proxy(unexpected, {
      has: () => {
        throw new Error('no')
      },
    })
    for (const error of [unexpected, odd, cliError('usage', { problem: EVIL, command: '' }), EVIL]) {
      for (const json of [false, true]) {
        const { stderr, terminal } = terminalWith(json)
        tell(error, terminal)
        expect(actedOn(stderr.text)).toBeNull()
        if (json) expect(JSON.parse(stderr.text).error.message).toContain('b\u2066')
        else if (error === unexpected) expect(stderr.text).toContain('(x.js:1:2)')
      }
    }
  })

  test('in a log, for people and for programs', () => {
    for (const format of ['lines', 'json'] as const) {
      const stream = new KeptStream({ columns: 80, rows: 24 })
      const error = Object.assign(new Error(EVIL), { code: EVIL })
      makeLogger({ level: 'info', format }, stream).info(
        { id: EVIL, name: EVIL, [EVIL]: EVIL, err: error },
        EVIL,
      )
      expect(actedOn(stream.text)).toBeNull()
    }
  })

  test('only the styles of paint pass, and no other sequence with their beginning', () => {
    expect(painted(`${paintFor(true, {})('red', 'x')} \u001b[8mhidden \u001b[31;5mblinks`)).toBe(
      '\u001b[31mx\u001b[39m  [8mhidden  [31;5mblinks',
    )
    const { stdout, terminal } = terminalWith(true)
    expect(terminal.paint).toBe(plain)
    terminal.show(EVIL, () => EVIL)
    expect(actedOn(stdout.text)).toBeNull()
  })
})

test('--json says the same value, whatever it holds, and in escapes what a terminal would act on', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string({ unit: anyCharacter }), (value, text) => {
      const given = { value, [text]: [text, EVIL] }
      const json = toJson(given)
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(given)))
      expect(json.match(ACTED_ON)).toBeNull()
    }),
  )
})

test('an error shows no password, and no more of a message than anybody reads', () => {
  const { stderr, terminal } = terminalWith(true)
  const problem = `postgres://u:${'s3cret'.repeat(100)}@host/db ${'x'.repeat(2_000_000)}`
  tell(cliError('usage', { problem, command: '' }), terminal)
  expect(stderr.text).not.toContain('s3cret')
  const { message } = JSON.parse(stderr.text).error
  expect(message).toContain('postgres://…@host/db')
  expect(message.length).toBeLessThanOrEqual(20_000)
})

test('the password in the error of a job is not shown to people, and a cell is no longer than a screen can be wide', () => {
  const { stdout, terminal } = terminalWith(false)
  const message = `connect postgres://u:s3cret@host/db ${'x'.repeat(2_000_000)}`
  const told = { ...failure, message, stack: `Error: x\n    at postgres://u:s3cret@host (x.js:1:1)` }
  const job: Job = { ...JOB, failure: told, errors: [told] }
  const reason = { code: 'last_error', text: message, facts: {} } as const
  const explanation = {
    id: 'j',
    name: 'n',
    queue: 'q',
    state: 'failed',
    reasons: [reason],
    text: '',
  } as const
  terminal.show(undefined, () =>
    tableLines(jobColumns(0), [job], { width: Number.POSITIVE_INFINITY, paint: plain }),
  )
  expect(stdout.text).toContain('postgres://…@host/db')
  expect(stdout.text.length).toBeLessThan(20_000)
  terminal.show(undefined, () => sheetLines({ job, explanation, logs: [] }, terminal.paint))
  expect(stdout.text).not.toContain('s3cret')
})

test('one of several refusals is painted like a refusal of everything', () => {
  const [one, all] = [terminalWith(false), terminalWith(false)]
  one.terminal.refuse('there is none')
  all.terminal.fail('there is none', {})
  expect(one.stderr.text).toBe('\u001b[31merror:\u001b[39m there is none\n')
  expect(one.stderr.text).toBe(all.stderr.text)
})

test('with --json the standard error has a document where the command failed, and nothing else', () => {
  const { stderr, terminal } = terminalWith(true)
  terminal.note('going on')
  terminal.progress(1, 2, 'job(s) purged')
  terminal.refuse('there is none')
  expect(stderr.text).toBe('')
  tell(new Error('boom'), terminal)
  expect(JSON.parse(stderr.text)).toMatchObject({ error: { code: 'unexpected', message: 'boom' } })
})

test('how far something is that is done piece by piece is told while it goes on', () => {
  const { stderr, terminal } = terminalWith(false)
  for (const done of [1_000, 2_000]) terminal.progress(done, 2_000, 'job(s) purged')
  expect(stderr.text).toBe('1000 of 2000 job(s) purged\n')
})
