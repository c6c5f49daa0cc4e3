import { handLoop } from './systems/hand-loop.ts'
import { millhand } from './systems/millhand.ts'
import { findPlainjob } from './systems/plainjob.ts'
import type { System } from './systems/system.ts'

/** Millhand and what it is compared with, as far as it is installed. */
export async function findSystems(): Promise<System[]> {
  const plainjob = await findPlainjob()
  return [millhand, handLoop, ...(plainjob ? [plainjob] : [])]
}

/** @throws Error where there is none of this name */
export async function findSystem(name: string): Promise<System> {
  const system = (await findSystems()).find((each) => each.name === name)
  if (!system) throw new Error(`There is no system '${name}'`)
  return system
}
