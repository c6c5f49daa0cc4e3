import { expect, test } from 'vitest'
import { makeLogger } from '../../../src/cli/log.ts'
import { KeptStream } from './stream.ts'

const TERMINAL = { columns: 80, rows: 24 }

test('a line for people says when, how grave, what, which job, and the facts in short', () => {
  const stream = new KeptStream()
  const logger = makeLogger({ level: 'info', format: 'lines' }, stream)
  logger.debug({}, 'not shown')
  logger.info({ id: 'x1', name: 'mail.send', worker: 'w', attempt: 2, durationMs: 1_500 }, 'complete')
  logger.error({ id: 'x2', name: 'mail.send', err: new Error('no\nroute') }, 'fail')
  logger.info({ worker: 'w', jobs: ['a', 'b'], nothing: null }, 'worker_start')
  const lines = stream.text.replaceAll(/^\d\d:\d\d:\d\d/gm, 'hh:mm:ss').replaceAll(/^ {4}at .*\n/gm, '')
  expect(lines).toBe(
    [
      'hh:mm:ss info  complete mail.send x1 attempt=2 duration=1.5s',
      'hh:mm:ss error fail mail.send x2 error="no\\nroute"',
      'hh:mm:ss info  worker_start worker=w jobs=["a","b"]',
      '',
    ].join('\n'),
  )
})

test('auto is lines on a terminal and JSON elsewhere', () => {
  const [terminal, pipe] = [new KeptStream(TERMINAL), new KeptStream()]
  for (const stream of [terminal, pipe])
    makeLogger({ level: 'info', format: 'auto' }, stream).info({ ran: 1 }, 'idle')
  expect(terminal.text).toContain('idle ran=1')
  expect(JSON.parse(pipe.text)).toMatchObject({ level: 'info', ran: 1, msg: 'idle', pid: process.pid })
})

test('what log.redact names is masked, in lines and in JSON', () => {
  for (const format of ['lines', 'json'] as const) {
    const stream = new KeptStream()
    const logger = makeLogger({ level: 'info', format, redact: ['err.message', 'jobs[*].name'] }, stream)
    logger.error({ err: new Error('s3cret'), jobs: [{ name: 's3cret' }] }, 'fail')
    expect(stream.text).toContain('[Redacted]')
    expect(stream.text.replace(/"stack":"(?:[^"\\]|\\.)*"/, '')).not.toContain('s3cret')
  }
})

test('an error is logged without what a library hung on it, whoever logs it', () => {
  const stream = new KeptStream()
  const err = Object.assign(new TypeError('refused'), { headers: { token: 's3cret' } })
  makeLogger({ level: 'info', format: 'json' }, stream).error({ err }, 'fail')
  expect(stream.text).not.toContain('s3cret')
  expect(JSON.parse(stream.text).err).toMatchObject({ type: 'TypeError', message: 'refused' })
})

test('what a handler threw is told with its stack and its causes, and nothing else is', () => {
  const stream = new KeptStream()
  const logger = makeLogger({ level: 'info', format: 'lines' }, stream)
  const err = new TypeError('outer', { cause: new Error('postgres://u:s3cret@h/d') })
  logger.error({ err }, 'fail')
  expect(stream.text).toMatch(
    /fail error=.*\n {4}at .*log\.test[\s\S]*\n {4}caused by: Error: postgres:[\s\S]*\n {4}at /,
  )
  expect(stream.text).not.toContain('s3cret')
  stream.text = ''
  logger.warn({ err }, 'store_retry')
  expect(stream.text.split('\n')).toHaveLength(2)
})
