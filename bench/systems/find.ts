import { findBullmq } from './bullmq.ts'
import { findGraphileWorker } from './graphile-worker.ts'
import { handLoop } from './hand-loop.ts'
import { handLoopOnPostgres } from './hand-loop-postgres.ts'
import { millhand, millhandOnPostgres } from './millhand.ts'
import { findPgBoss } from './pg-boss.ts'
import { findPlainjob } from './plainjob.ts'
import type { System } from './system.ts'

/** Millhand on a file and what it is compared with, as far as it is installed. */
export async function findOnFiles(): Promise<System[]> {
  const plainjob = await findPlainjob()
  return [millhand, handLoop, ...(plainjob ? [plainjob] : [])]
}

/** Millhand on a server and what it is compared with, as far as it is installed. */
export async function findOnServers(): Promise<System[]> {
  const peers = await Promise.all([findGraphileWorker(), findPgBoss(), findBullmq()])
  return [millhandOnPostgres, handLoopOnPostgres, ...peers.flat()]
}

/**
 * The system of this name that keeps its jobs in such a place.
 *
 * @throws Error where there is none
 */
export async function findSystem(name: string, place: string): Promise<System> {
  const [, store = 'file'] = /^(\w+):/.exec(place) ?? []
  const all = store === 'file' ? await findOnFiles() : await findOnServers()
  const system = all.find((each) => each.name === name && each.store === store)
  if (!system) throw new Error(`There is no system '${name}' for ${place}`)
  return system
}
