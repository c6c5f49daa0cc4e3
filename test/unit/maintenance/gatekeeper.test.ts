import { expect, test } from 'vitest'
import { Emitter } from '../../../src/kit/emitter.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { Gatekeeper } from '../../../src/maintenance/gatekeeper.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'

/** A keeper on a store that counts how often it is asked. */
function keep(tend: () => Promise<number> = async () => 0) {
  const clock = new VirtualClock()
  const asked: number[] = []
  const store = openMemoryStore({ clock })
  const counting = (limit: number) => {
    asked.push(limit)
    return tend()
  }
  const errors: string[] = []
  const events = new Emitter<never>(() => {})
  events.on('loop_error' as never, ({ loop }: { loop: string }) => errors.push(loop))
  const keeper = new Gatekeeper({
    store: { ...store, limits: { ...store.limits, tend: counting } },
    events: events as never,
    clock,
  })
  keeper.start()
  return { keeper, clock, asked, errors }
}

test('where nobody waits at a gate, the leader asks nothing', async () => {
  const { keeper, clock, asked } = keep()
  keeper.elected({ leads: true })
  await clock.advance(60_000)
  expect(asked).toEqual([])
  await keeper.stop()
})

test('while jobs wait at gates the leader looks each second, and no more once nobody waits', async () => {
  const { keeper, clock, asked } = keep()
  keeper.elected({ leads: true, gatesWait: true })
  await clock.advance(3_500)
  expect(asked).toHaveLength(4)
  // The next election does not make it look twice.
  keeper.elected({ leads: true, gatesWait: true })
  await clock.advance(1_000)
  expect(asked).toHaveLength(5)
  keeper.elected({ leads: true })
  await clock.advance(60_000)
  expect(asked).toHaveLength(5)
  await keeper.stop()
})

test('a worker that leads no more looks at no gate', async () => {
  const { keeper, clock, asked } = keep()
  keeper.elected({ leads: false, gatesWait: true })
  await clock.advance(5_000)
  expect(asked).toEqual([])
  await keeper.stop()
})

test('a look that failed is told, and made again', async () => {
  let fails = true
  const { keeper, clock, asked, errors } = keep(async () => {
    if (fails) throw new Error('away')
    return 0
  })
  keeper.elected({ leads: true, gatesWait: true })
  await clock.advance(50)
  fails = false
  await clock.advance(100)
  expect([asked.length, errors]).toEqual([2, ['limits']])
  await keeper.stop()
})
