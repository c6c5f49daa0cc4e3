import { describe, expect, test } from 'vitest'
import { CARE, type Care } from '../../../src/job/care.ts'
import { nextTurn } from '../../../src/kit/turn.ts'
import type { Attempt } from '../../../src/worker/attempt.ts'
import { type Interruption, interruptionError } from '../../../src/worker/interruption.ts'
import { Roster } from '../../../src/worker/roster.ts'
import { Slots } from '../../../src/worker/slots.ts'

/** As much of an attempt as the slots ask for. */
function standIn(care: Care): Attempt {
  const attempt = {
    job: { care },
    place: 0,
    interruption: undefined as Interruption | undefined,
    moveTo(place: number) {
      attempt.place = place
    },
    interrupt(reason: Interruption) {
      attempt.interruption = reason
    },
    rest() {},
  }
  return attempt as unknown as Attempt
}

/** The slots of a worker, and attempts that begin and end in them. */
function worker(concurrency: number) {
  const attempts = new Roster()
  const freed: number[] = []
  const slots: Slots = new Slots({ concurrency, attempts, onFree: () => void freed.push(slots.taken) })
  const begin = (care: Care = CARE.none): Attempt => {
    const attempt = standIn(care)
    attempts.add(attempt)
    slots.enter(attempt)
    return attempt
  }
  const end = (attempt: Attempt) => {
    attempts.delete(attempt)
    slots.leave(attempt)
    slots.exit(attempt)
    slots.pass()
  }
  /** Whether it goes on, as soon as it may. */
  const returning = (attempt: Attempt) => {
    const back = { goesOn: false }
    void slots.takeAgain(attempt).then(() => {
      back.goesOn = true
    })
    return back
  }
  return { slots, freed, begin, end, returning }
}

describe('the slots of a worker', () => {
  test('one that waits for its child takes none, and tells that one is free', () => {
    const { slots, freed, begin } = worker(1)
    const parent = begin()
    expect(slots.taken).toBe(1)
    slots.giveBack(parent)
    expect([slots.taken, slots.waiting, freed]).toEqual([0, 1, [0]])
  })

  test('it goes on at once where one is free', async () => {
    const { slots, begin, returning } = worker(1)
    const parent = begin()
    slots.giveBack(parent)
    const back = returning(parent)
    await nextTurn()
    expect([back.goesOn, slots.taken, slots.waiting]).toEqual([true, 1, 0])
  })

  test('it waits for one where all are taken, and those that wait go on in order', async () => {
    const { slots, begin, end, returning } = worker(1)
    const [first, second] = [begin(), begin()] as const
    for (const parent of [first, second]) slots.giveBack(parent)
    const child = begin()
    const backs = [returning(first), returning(second)]
    const goOn = async () => {
      await nextTurn()
      return backs.map(({ goesOn }) => goesOn)
    }
    expect(await goOn()).toEqual([false, false])
    end(child)
    expect(await goOn()).toEqual([true, false])
    expect(slots.taken).toBe(1)
    end(first)
    expect(await goOn()).toEqual([true, true])
  })

  test('while one of several children is on its way, none is taken', async () => {
    const { slots, freed, begin, returning } = worker(1)
    const parent = begin()
    slots.giveBack(parent)
    slots.giveBack(parent)
    expect(freed).toEqual([0])
    const firstBack = returning(parent)
    await nextTurn()
    expect([firstBack.goesOn, slots.taken]).toEqual([true, 0])
    const lastBack = returning(parent)
    await nextTurn()
    expect([lastBack.goesOn, slots.taken]).toEqual([true, 1])
  })

  test('one in line that begins to wait for another child leaves the line', async () => {
    const { slots, begin, end, returning } = worker(1)
    const parent = begin()
    slots.giveBack(parent)
    const child = begin()
    const back = returning(parent)
    slots.giveBack(parent)
    await nextTurn()
    expect(back.goesOn).toBe(true)
    end(child)
    expect([slots.taken, slots.waiting]).toEqual([0, 1])
  })

  test('one that ends while it waits leaves nothing behind', async () => {
    const { slots, begin, end, returning } = worker(1)
    const parent = begin()
    slots.giveBack(parent)
    begin()
    const back = returning(parent)
    end(parent)
    await nextTurn()
    expect([back.goesOn, slots.taken, slots.waiting]).toEqual([true, 1, 0])
  })

  test('one that is to end does not wait for a slot', async () => {
    const { slots, begin, returning } = worker(1)
    const parent = begin()
    slots.giveBack(parent)
    begin()
    parent.interrupt(interruptionError('cancelled', { reason: 'no more' }))
    const back = returning(parent)
    await nextTurn()
    expect([back.goesOn, slots.taken]).toEqual([true, 1])
  })

  test('one that has to run alone lets its child run, and goes on when nothing else runs', async () => {
    const { slots, begin, end, returning } = worker(2)
    const parent = begin(CARE.alone)
    expect(slots.runsAlone).toBe(true)
    slots.giveBack(parent)
    expect(slots.runsAlone).toBe(false)
    const child = begin()
    const back = returning(parent)
    await nextTurn()
    expect([back.goesOn, slots.runsAlone]).toEqual([false, true])
    end(child)
    await nextTurn()
    expect([back.goesOn, slots.runsAlone]).toEqual([true, true])
    end(parent)
    expect(slots.runsAlone).toBe(false)
  })
})
