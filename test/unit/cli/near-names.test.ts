import { expect, onTestFinished, test } from 'vitest'
import { nearNames } from '../../../src/cli/near-names.ts'
import { defineJob } from '../../../src/index.ts'
import { openTestQueue } from '../../../src/testing/index.ts'

const greet = defineJob({ name: 'app.greet', run: () => {} })

test('of names and queues that no job has, those are told that are near', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await queue.enqueue(greet, null)
  expect(await nearNames(queue, { name: ['app.grete'] })).toBe(" Did you mean 'app.greet'?")
  expect(await nearNames(queue, { queue: ['defualt'] })).toBe(" Did you mean 'default'?")
  expect(await nearNames(queue, { name: ['app.grete'], queue: ['defualt', 'nothing.like.it'] })).toBe(
    " Did you mean 'app.greet' for 'app.grete' and 'default' for 'defualt'?",
  )
  expect(await nearNames(queue, { name: ['app.greet'], queue: ['reports'] })).toBe('')
  expect(await nearNames(queue, { tag: 'app.grete' })).toBe('')
})
