import { expect, test } from 'vitest'
import { follow } from '../../../src/kit/thenable.ts'

/** As those who call it do: what it throws is caught. */
function followed(thenable: PromiseLike<unknown>): Promise<unknown> {
  return new Promise((resolve, reject) => follow(thenable, resolve, reject))
}

test('a promise is asked itself, and not by way of another', async () => {
  const order: string[] = []
  follow(
    Promise.resolve(),
    () => order.push('followed'),
    () => order.push('refused'),
  )
  await Promise.resolve()
    .then(() => order.push('one turn'))
    .then(() => order.push('two turns'))
  expect(order).toEqual(['followed', 'one turn', 'two turns'])
})

const answering = Object.fromEntries([['then', (done: (it: number) => void) => done(1)]])

class Derived extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    throw new Error('nothing is made of it')
  }
}

test.each<readonly [string, PromiseLike<unknown>]>([
  ['has a then of its own', Object.assign(Promise.resolve(0), answering)],
  ['is none', answering as unknown as PromiseLike<unknown>],
  ['is of another class', Derived.resolve(1)],
])('a promise that %s comes to what it says', async (_, thenable) => {
  expect(await followed(thenable).catch((error) => error.message)).toBeOneOf([1, 'nothing is made of it'])
})

test('what only looks like a promise is refused', async () => {
  await expect(followed(Object.create(Promise.prototype))).rejects.toThrow(TypeError)
})
