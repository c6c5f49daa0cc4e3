import { expect, test } from 'vitest'
import { Channel } from '../../../src/kit/channel.ts'

function open(capacity = 3) {
  const closed: number[] = []
  const channel = new Channel<number>(capacity, () => closed.push(1))
  return { channel, closed }
}

async function readAll(channel: Channel<number>): Promise<number[]> {
  const values: number[] = []
  for await (const value of channel) values.push(value)
  return values
}

test('what was written is read in order, then it ends', async () => {
  const { channel, closed } = open()
  channel.push(1)
  channel.push(2)
  channel.close()
  channel.push(3)
  expect(await readAll(channel)).toEqual([1, 2])
  expect(closed).toHaveLength(1)
})

test('a reader that waits gets what comes', async () => {
  const { channel } = open()
  const read = readAll(channel)
  channel.push(1)
  await Promise.resolve()
  channel.push(2)
  channel.close()
  channel.close()
  expect(await read).toEqual([1, 2])
})

test('for a slow reader, the oldest are dropped', async () => {
  const { channel } = open()
  for (let value = 1; value <= 10; value += 1) channel.push(value)
  channel.close()
  expect(await readAll(channel)).toEqual([8, 9, 10])
})

test('closed with an error, the reader gets it after what is already there', async () => {
  const { channel } = open()
  channel.push(1)
  channel.close(new Error('gone'))
  expect(await channel.next()).toEqual({ value: 1, done: false })
  await expect(channel.next()).rejects.toThrow('gone')

  const { channel: empty } = open()
  const waiting = empty.next()
  empty.close(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
})

test('a reader that leaves closes it', async () => {
  const { channel, closed } = open()
  channel.push(1)
  channel.push(2)
  for await (const value of channel) {
    expect(value).toBe(1)
    break
  }
  expect(closed).toHaveLength(1)
  expect(await channel.next()).toEqual({ value: undefined, done: true })
})

test('two reads that wait side by side get one value each', async () => {
  const { channel } = open()
  const reads = [channel.next(), channel.next()]
  channel.push(1)
  channel.push(2)
  expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([1, 2])
  const ends = [channel.next(), channel.next()]
  channel.close()
  expect((await Promise.all(ends)).map(({ done }) => done)).toEqual([true, true])
})
