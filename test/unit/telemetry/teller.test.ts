import { openQueue } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'

test('a listener that throws is told to the logger, with the event that it listened to', async () => {
  const told: unknown[] = []
  const quiet = { debug() {}, info() {}, warn() {} }
  const error = (facts: object, message: string) => void told.push([message, facts])
  const queue = await openQueue('memory:', { logger: { ...quiet, error } })
  onTestFinished(() => queue.close())
  queue.on('pause', () => {
    throw new Error('no such box')
  })
  queue.on('resume', async () => {
    throw new Error('nor such a lid')
  })
  await queue.pause('mail')
  await queue.resume('mail')
  await expect.poll(() => told).toHaveLength(2)
  expect(told).toMatchObject([
    ['listener_error', { event: 'pause', err: { message: 'no such box' } }],
    ['listener_error', { event: 'resume', err: { message: 'nor such a lid' } }],
  ])
})
