import { isFinal } from '../src/job/state.ts'
import type { SimulatedProcess } from './process.ts'
import type { Action } from './scene.ts'
import type { World } from './world.ts'

/** What should have come to an end and has not, in words: jobs, and what was `asked` for by whom. */
export function leftOver({ snapshot }: World, asked: ReadonlyMap<Action, SimulatedProcess>): string[] {
  const jobs = [...snapshot.jobs.values()].filter(({ state }) => !isFinal(state))
  return [
    ...jobs.map(
      ({ id, state, worker }) => `${id} is still ${state}, worker ${worker}, long after the last fault`,
    ),
    ...[...asked].map(([{ words }, { name }]) => `${name} still waits for '${words}'`),
  ]
}
