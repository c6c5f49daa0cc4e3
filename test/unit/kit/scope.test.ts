import { AsyncLocalStorage } from 'node:async_hooks'
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { Channel } from '../../../src/kit/channel.ts'
import { Coalescer } from '../../../src/kit/coalesce.ts'
import { Emitter } from '../../../src/kit/emitter.ts'
import { Inside, inScope, Scope } from '../../../src/kit/scope.ts'
import { Service } from '../../../src/kit/service.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'

const place = new AsyncLocalStorage<string>()
const here = () => place.getStore()

test('what is run in a scope finds there what was there when it was made, and so does all that it sets off', async () => {
  const scope = place.run('maker', () => new Scope())
  const found = await place.run('caller', () =>
    scope.run(async (first: number) => {
      await nextTurn()
      return [first, here()]
    }, 1),
  )
  expect(found).toEqual([1, 'maker'])
  expect(place.run('caller', () => [scope.run(here), here()])).toEqual(['maker', 'caller'])
})

test('whoever is called in a scope and enters another one leaves it as it was', () => {
  const scope = place.run('maker', () => new Scope())
  place.run('caller', () => {
    scope.run(() => place.enterWith('other'))
    expect([scope.run(here), here()]).toEqual(['maker', 'caller'])
  })
})

test('so it is on a Node that keeps the scope in another way', () => {
  const script = `
    import { AsyncLocalStorage } from 'node:async_hooks'
    import { Scope } from '${new URL('../../../src/kit/scope.ts', import.meta.url)}'
    const place = new AsyncLocalStorage()
    const here = () => place.getStore()
    const scope = place.run('maker', () => new Scope())
    place.run('caller', () => scope.run(() => place.enterWith('other')))
    await place.run('caller', () => scope.run(async () => { place.enterWith('other'); await null }))
    process.stdout.write(await place.run('caller', () => scope.run(async () => here())))
  `
  const flags = ['--no-async-context-frame', '--input-type=module', '--eval', script]
  expect(execFileSync(process.execPath, flags, { encoding: 'utf8' })).toBe('maker')
})

test('code is inside of something with all that it waits for, and a scope that is made there is not', async () => {
  const [one, other] = [new Inside<string>(), new Inside<string>()]
  await place.run('caller', () =>
    one.run('a', async () => {
      await nextTurn()
      const scope = new Scope()
      expect([one.mark, other.mark, here()]).toEqual(['a', undefined, 'caller'])
      expect(other.run('b', () => [one.mark, other.mark])).toEqual(['a', 'b'])
      expect(scope.run(() => [one.mark, here()])).toEqual([undefined, 'caller'])
    }),
  )
  expect(one.mark).toBeUndefined()
})

test('a loop, a flush, a listener, a timer and an end run in the scope of whoever made them', async () => {
  const clock = new VirtualClock()
  const seen: [string, string | undefined][] = []
  const see = (what: string) => seen.push([what, here()])
  const made = place.run('maker', () => ({
    service: new Service({ name: 'loop', clock, runOnce: async () => see('loop') && 10 }),
    coalescer: new Coalescer<string, string>(async (items) => items.splice(0, see('flush') && 10), 10, {
      enough: 2,
    }),
    emitter: new Emitter<{ rung: undefined }>(() => see('report')),
    channel: new Channel<string>(1, () => see('end')),
  }))
  place.run('maker', () => clock.timer(5, () => see('timer')))
  place.run('maker', () =>
    made.emitter.on('rung', () => {
      see('listener')
      throw new Error('reported')
    }),
  )
  await place.run('caller', async () => {
    made.service.start()
    made.emitter.emit('rung', undefined)
    expect(await Promise.all(['a', 'b'].map((item) => made.coalescer.add(item)))).toEqual(['a', 'b'])
    made.service.wake()
    await made.channel.return()
    await clock.advance(20)
    await made.service.stop()
    expect(here()).toBe('caller')
  })
  expect(new Set(seen.map(([what]) => what))).toEqual(
    new Set(['loop', 'flush', 'report', 'end', 'timer', 'listener']),
  )
  expect(new Set(seen.map(([, where]) => where))).toEqual(new Set(['maker']))
})

test('a listener that listens twice hears twice, until each has stopped', () => {
  const emitter = new Emitter<{ rung: number }>()
  const heard: number[] = []
  const listener = (event: number) => void heard.push(event)
  const stops = [emitter.on('rung', listener), emitter.on('rung', inScope(listener))]
  emitter.emit('rung', 1)
  stops[0]?.()
  emitter.emit('rung', 2)
  stops[1]?.()
  emitter.emit('rung', 3)
  expect(heard).toEqual([1, 1, 2])
})
