import { Child } from './child.ts'
import { Slot } from './crew.ts'
import type { ClientProcessOptions, ProcessOptions, WorkerProcessOptions } from './messages.ts'
import { CLIENTS, WORKERS } from './plan.ts'
import type { Stage } from './stage.ts'
import { witnessFile } from './witness.ts'

export function workerSlots(
  stage: Stage,
  worker: WorkerProcessOptions['worker'],
  count = WORKERS,
): Promise<Slot[]> {
  return slots(stage, {
    names: numbered('worker', count),
    launch(process, shared) {
      const options: WorkerProcessOptions = { ...shared, worker }
      return new Child(process, './worker-process', options)
    },
    stop: (child) => child.signal('SIGTERM'),
  })
}

export function clientSlots(stage: Stage, seed: number): Promise<Slot[]> {
  let started = 0
  return slots(stage, {
    names: numbered('client', CLIENTS),
    launch(process, shared) {
      started += 1
      const options: ClientProcessOptions = { ...shared, seed: seed * 1_000 + started }
      return new Child(process, './client-process', options)
    },
    stop: (child) => child.tell({ word: 'stop' }),
  })
}

interface Kind {
  readonly names: readonly string[]
  readonly launch: (process: string, shared: ProcessOptions) => Child
  readonly stop: (child: Child) => void
}

async function slots(stage: Stage, { names, launch, stop }: Kind): Promise<Slot[]> {
  const { place, witnesses, clockFile: clock, witness } = stage
  const onMisbehaved = (target: string, how: string) => witness.write({ kind: 'misbehaved', target, how })
  const urls = await Promise.all(names.map((name) => place.urlFor(name)))
  const made = names.map((name, index) => {
    const url = urls[index] ?? place.url
    const launchIn = (process: string) =>
      launch(process, { url, clock, witness: witnessFile(witnesses, process) })
    return new Slot({ name, stop, onMisbehaved, launch: launchIn })
  })
  stage.add(made)
  return made
}

/** `worker-1`, `worker-2`. */
function numbered(role: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${role}-${index + 1}`)
}
