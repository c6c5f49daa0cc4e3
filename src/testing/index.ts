import '../kit/require-node.ts'

export type { VirtualClock } from '../kit/virtual-clock.ts'
export type {
  CrashSweepArguments,
  CrashSweepOptions,
  CrashSweepProgress,
  CrashSweepReport,
} from './crash/crash-sweep.ts'
export { crashSweep } from './crash/crash-sweep.ts'
export type { ExpectedEnqueue, Partially } from './expect-enqueued.ts'
export { expectEnqueued } from './expect-enqueued.ts'
export type {
  CheckpointOf,
  JobRun,
  JobRunOutcome,
  RecordedEnqueue,
  RunJobArguments,
  RunJobOptions,
} from './run-job.ts'
export { runJob } from './run-job.ts'
export type { RunUntilIdleOptions } from './run-until-idle.ts'
export { runUntilIdle } from './run-until-idle.ts'
export type { TestQueue, TestQueueOptions } from './test-queue.ts'
export { openTestQueue, virtualClock } from './test-queue.ts'
