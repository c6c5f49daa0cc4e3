import type { CommandSpec } from '../command.ts'
import { cancelCommand } from './cancel.ts'
import { checkCommand } from './check.ts'
import { deleteCommand } from './delete.ts'
import { devCommand } from './dev.ts'
import { doctorCommand } from './doctor.ts'
import { enqueueCommand } from './enqueue.ts'
import { explainCommand } from './explain.ts'
import { freeKeyCommand } from './free-key.ts'
import { initCommand } from './init.ts'
import { jobCommand } from './job.ts'
import { jobsCommand } from './jobs.ts'
import { limitsCommand } from './limits.ts'
import { migrateCommand } from './migrate.ts'
import { moveCommand } from './move.ts'
import { operationsCommand } from './operations.ts'
import { pauseCommand } from './pause.ts'
import { pruneCommand } from './prune.ts'
import { purgeCommand } from './purge.ts'
import { queuesCommand } from './queues.ts'
import { reprioritiseCommand } from './reprioritise.ts'
import { rerunCommand } from './rerun.ts'
import { rescheduleCommand } from './reschedule.ts'
import { resumeCommand } from './resume.ts'
import { retryCommand } from './retry.ts'
import { runCommand } from './run.ts'
import { schedulesCommand } from './schedules.ts'
import { statsCommand } from './stats.ts'
import { workCommand } from './work.ts'
import { workerCommand } from './worker.ts'
import { workersCommand } from './workers.ts'

/** Every command, in the order in which `--help` lists them. */
export const COMMANDS: readonly CommandSpec[] = [
  initCommand,
  devCommand,
  workCommand,
  runCommand,
  enqueueCommand,
  jobsCommand,
  jobCommand,
  cancelCommand,
  retryCommand,
  freeKeyCommand,
  rerunCommand,
  deleteCommand,
  reprioritiseCommand,
  rescheduleCommand,
  moveCommand,
  operationsCommand,
  queuesCommand,
  pauseCommand,
  resumeCommand,
  purgeCommand,
  schedulesCommand,
  limitsCommand,
  workersCommand,
  workerCommand,
  statsCommand,
  explainCommand,
  pruneCommand,
  migrateCommand,
  checkCommand,
  doctorCommand,
]
