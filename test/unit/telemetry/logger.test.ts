import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { Emitter } from '../../../src/kit/emitter.ts'
import type { MillhandEvents } from '../../../src/telemetry/events.ts'
import { logEvents } from '../../../src/telemetry/logger.ts'

const ATTEMPT = { id: 'j1', name: 'mail.send', queue: 'default', worker: 'w', attempt: 1, durationMs: 5 }

/** What pino writes of one event. */
function lineOf<Name extends keyof MillhandEvents>(name: Name, event: MillhandEvents[Name]): string {
  const lines: string[] = []
  const events = new Emitter<MillhandEvents>(() => {})
  logEvents(events, pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) }))
  events.emit(name, event)
  return lines.join('')
}

const failLine = (error: Error) => lineOf('fail', { ...ATTEMPT, kind: 'error', error })
const failed = (error: Error) => JSON.parse(failLine(error)).err

describe('the log of an error', () => {
  test('has its name, message, code, stack and causes, and nothing that a library hung on it', () => {
    const request = {
      headers: { authorization: 'Bearer s3cret' },
      body: 's3cret',
      url: 'https://h/?t=s3cret',
    }
    const cause = Object.assign(new TypeError('socket closed'), { code: 'ECONNRESET', request })
    const error = Object.assign(new RangeError('request failed', { cause }), { code: 'E_HTTP', request })
    expect(failLine(Object.assign(error, { toJSON: () => request, response: request }))).not.toContain(
      's3cret',
    )
    expect(failed(error)).toMatchObject({
      type: 'RangeError',
      code: 'E_HTTP',
      message: 'request failed: socket closed',
      stack: expect.stringMatching(
        /^RangeError: request failed\n +at .*caused by: TypeError: socket closed\n +at /s,
      ),
    })
    expect(Object.keys(failed(error)).sort()).toEqual(['code', 'message', 'stack', 'type'])
  })

  test('says of a cause that is no error what it is, and nothing of what is in it', () => {
    const line = failLine(new Error('refused', { cause: { token: 's3cret' } }))
    expect(line).not.toContain('s3cret')
    expect(JSON.parse(line).err.message).toBe('refused: an object that is no error')
  })

  test('masks the password of a URL', () => {
    const line = failLine(new Error(`cannot reach postgres://u:${'s3cret'.repeat(1_000)}@host/db`))
    expect(line).not.toContain('s3cret')
    expect(JSON.parse(line).err.message).toBe('cannot reach postgres://…@host/db')
  })

  test('is bounded, however long its message, name, code, stack and causes are', () => {
    const long = 'x'.repeat(21_000_000)
    const error = Object.assign(new Error(long, { cause: new Error(long) }), { code: long, name: long })
    expect(failLine(error).length).toBeLessThan(50_000)
    expect(failed(error).stack).toMatch(/\n +at /)
    const odd = Object.defineProperty(new Error('odd'), 'stack', { value: long })
    expect(failLine(odd).length).toBeLessThan(50_000)
  })

  test('is written where its causes are a circle', () => {
    const error = new Error('outer')
    error.cause = new Error('inner', { cause: error })
    expect(failed(error).message).toMatch(/^outer: inner: outer/)
    expect(failLine(error).length).toBeLessThan(50_000)
  })

  test('is written where reading it throws', () => {
    const hostile = new Proxy(new Error('hostile'), {
      get() {
        throw new Error('no')
      },
    })
    const { proxy, revoke } = Proxy.revocable(new Error('gone'), {})
    revoke()
    for (const error of [hostile, proxy]) expect(JSON.parse(failLine(error)).msg).toBe('fail')
  })
})

describe('the log of an event', () => {
  test('has of progress how far it is and what it says, and none of its data', () => {
    const progress = { fraction: 0.5, message: 'half', data: { token: 's3cret' }, more: 's3cret' }
    const line = lineOf('progress', { ...ATTEMPT, progress })
    expect(line).not.toContain('s3cret')
    expect(JSON.parse(line).progress).toEqual({ fraction: 0.5, message: 'half' })
  })

  test('is bounded, however long names, reasons, messages and lists are', () => {
    const long = 'x'.repeat(21_000_000)
    expect(lineOf('start', { ...ATTEMPT, name: long, waitedMs: 1 }).length).toBeLessThan(5_000)
    expect(lineOf('progress', { ...ATTEMPT, progress: { message: long } }).length).toBeLessThan(5_000)
    const ids = Array.from({ length: 10_000 }, (_, index) => `job-${index}`)
    const line = lineOf('cancel', { ids, reason: long })
    expect(line.length).toBeLessThan(10_000)
    expect(JSON.parse(line).ids.at(-1)).toBe('… 9900 more')
  })
})
