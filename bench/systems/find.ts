import { handLoop } from './hand-loop.ts'
import { millhand } from './millhand.ts'
import { findPlainjob } from './plainjob.ts'
import type { System } from './system.ts'

/** Millhand on a file and what it is compared with, as far as it is installed. */
export async function findOnFiles(): Promise<System[]> {
  const plainjob = await findPlainjob()
  return [millhand, handLoop, ...(plainjob ? [plainjob] : [])]
}

/**
 * The system of this name that keeps its jobs in such a place.
 *
 * @throws Error where there is none
 */
export async function findSystem(name: string, place: string): Promise<System> {
  const system = (await findOnFiles()).find((each) => each.name === name)
  if (!system) throw new Error(`There is no system '${name}' for ${place}`)
  return system
}
