import { siblingModule } from '../src/kit/module.ts'
import type { Settled } from '../src/store/jobs.ts'
import type { Store, StoreTransaction } from '../src/store/store.ts'
import type { BeatThread } from '../src/store/workers.ts'
import type { Claim, Write } from './history.ts'
import { type Witness, witnessMs } from './witness.ts'
import type { WitnessedBeat } from './witnessed-beat.ts'

/** The files that whoever beats from a thread needs as well. */
export type BeatFiles = Pick<WitnessedBeat, 'witness' | 'clock'>

/** The store of a worker that writes down what it was told: below all that tries again, so that it is each answer. */
export function witnessed(store: Store, witness: Witness, files: BeatFiles): Store {
  const { capabilities, jobs, workers, upkeep } = store
  const noteLease = (worker: string, leaseMs: number, sentMs: number) =>
    witness.write({ kind: 'leased', worker, leaseMs, sentMs })
  return {
    ...store,
    capabilities: { ...capabilities, beatThread: witnessedThread(capabilities.beatThread, files) },
    jobs: { ...jobs, ...witnessedJobs(store, witness) },
    workers: {
      ...workers,
      async register(worker) {
        const sentMs = witnessMs()
        await workers.register(worker)
        noteLease(worker.id, worker.leaseMs, sentMs)
      },
      async extend(worker, leaseMs) {
        const sentMs = witnessMs()
        const beat = await workers.extend(worker, leaseMs)
        if (!beat.lost) noteLease(worker, leaseMs, sentMs)
        return beat
      },
    },
    upkeep: {
      ...upkeep,
      async rescue(...given) {
        const sentMs = witnessMs()
        const answer = await upkeep.rescue(...given)
        const jobs = [...answer.rescued, ...answer.quarantined]
        if (jobs.length + answer.workers.length > 0)
          witness.write({ kind: 'rescued', workers: answer.workers, jobs, sentMs })
        return answer
      },
    },
    transaction: (body, options) => witnessedTransaction(store, witness, { body, options }),
  }
}

function witnessedJobs(
  { jobs }: Store,
  witness: Witness,
): Pick<Store['jobs'], 'claim' | 'begin' | 'settle' | 'report'> {
  const note = (writes: readonly Write[], answers: readonly Settled[], sentMs: number) => {
    const [accepted, late] = parted(writes, answers)
    if (accepted.length > 0) witness.write({ kind: 'wrote', writes: accepted, sentMs })
    if (late.length > 0) witness.write({ kind: 'late', writes: late })
  }
  return {
    async claim(request) {
      const sentMs = witnessMs()
      const claimed = await jobs.claim(request)
      const { worker } = request
      const told = claimed.map(({ id, epoch, begun }) => ({ id, epoch, begun }))
      if (told.length > 0) witness.write({ kind: 'claimed', worker, jobs: told, sentMs })
      return claimed
    },
    async begin(starts) {
      const sentMs = witnessMs()
      witness.write({ kind: 'beginning', jobs: starts.map(identity) })
      const answers = await jobs.begin(starts)
      note(
        starts.map((start) => ({ ...written(start), verb: 'begin' })),
        answers,
        sentMs,
      )
      return answers
    },
    async settle(settlements, repeated) {
      const sentMs = witnessMs()
      const answers = await jobs.settle(settlements, repeated)
      note(
        settlements.map((each) => ({ ...written(each), verb: each.verb })),
        answers,
        sentMs,
      )
      return answers
    },
    async report(reports) {
      const sentMs = witnessMs()
      const answers = await jobs.report(reports)
      note(
        reports.map((report) => ({ ...written(report), verb: 'report' })),
        answers,
        sentMs,
      )
      return answers
    },
  }
}

interface Transaction<Result> {
  readonly body: (tx: StoreTransaction) => Promise<Result>
  readonly options: Parameters<Store['transaction']>[1]
}

/** What it settled counts when it has committed. */
async function witnessedTransaction<Result>(
  store: Store,
  witness: Witness,
  { body, options }: Transaction<Result>,
): Promise<Result> {
  const writes: Write[] = []
  let sentMs = witnessMs()
  const inside = (tx: StoreTransaction): StoreTransaction => ({
    handle: tx.handle,
    insert: (...given) => tx.insert(...given),
    report: (reports) => tx.report(reports),
    async settle(settlements) {
      sentMs = witnessMs()
      const answers = await tx.settle(settlements)
      const [accepted] = parted(
        settlements.map((each) => ({ ...written(each), verb: each.verb })),
        answers,
      )
      writes.push(...accepted)
      return answers
    },
  })
  const result = await store.transaction((tx) => body(inside(tx)), options)
  if (writes.length > 0) witness.write({ kind: 'wrote', writes, sentMs, withRow: true })
  return result
}

/** The writes that were accepted, and those that came too late. */
function parted(writes: readonly Write[], answers: readonly Settled[]): [Write[], Write[]] {
  const isAccepted = (_: Write, place: number) => answers[place] === 'settled'
  return [writes.filter(isAccepted), writes.filter((write, place) => !isAccepted(write, place))]
}

function identity({ id, epoch }: Claim): Claim {
  return { id, epoch }
}

function written({ id, epoch, worker }: Omit<Write, 'verb'>): Omit<Write, 'verb'> {
  return { id, epoch, worker }
}

/** The thread loads another module, which loads the store's. */
function witnessedThread(thread: BeatThread | null, files: BeatFiles): BeatThread | null {
  if (!thread) return null
  if (typeof thread.code === 'string')
    throw new Error('chaos runs from the sources, whose beat thread is a module')
  const data: WitnessedBeat = { ...files, module: thread.code.href, data: thread.data }
  return { code: siblingModule(import.meta.url, './witnessed-beat'), data }
}
