import './kit/require-node.ts'

// Defining jobs

export type { BatchContext, BatchJob, RunMany } from './job/batch.ts'
export type { CacheOptions } from './job/cache.ts'
export type { AttemptOutcome, Cleanup, CleanupContext } from './job/cleanup.ts'
export type { ContextOf, JobContext, JobLog } from './job/context.ts'
export { Fatal, RateLimited, type RateLimitedOptions, RetryAfter, Skip, Snooze } from './job/control.ts'
export { DeclaredFailure, type FailOptions } from './job/declared.ts'
export type { AnyJobDefinition, Handler, JobDefinition, JobSpec } from './job/defined.ts'
export { defineJob } from './job/definition.ts'
export type { EnqueueOptions } from './job/enqueue-options.ts'
export type { Failure, FailureKind } from './job/failure.ts'
export type { JobHandle, RerunOptions, ResultOptions } from './job/handle.ts'
export type { EnqueueCall, EnqueueHook, EnqueueResult, RunCall, RunHook } from './job/hooks.ts'
export type { InvokeOptions } from './job/invoke-options.ts'
// Jobs
export type {
  CancelledJob,
  CompleteJob,
  FailedJob,
  Job,
  PendingJob,
  RunningJob,
} from './job/job.ts'
export type { JobOptions } from './job/job-options.ts'
export type { Json } from './job/json.ts'
export type { LimitOptions, LimitValues, RateOptions } from './job/limit.ts'
export type { LimitChange } from './job/limit-change.ts'
export type { WorkerOrder } from './job/orders.ts'
export type { Progress } from './job/progress.ts'
export type { QueueLimitOptions } from './job/queue-limits.ts'
export type { QueueOptions } from './job/queue-settings.ts'
export type { Resources, SecretSource, Secrets, Setup, Teardown } from './job/resources.ts'
export type { RetentionOptions } from './job/retention.ts'
export type { Backoff, ErrorClass, ErrorMatcher } from './job/retry.ts'
export type { Schedule } from './job/schedule.ts'
export type { ScheduleOf, ScheduleOptions } from './job/schedule-options.ts'
export type { Schema } from './job/schema.ts'
export type { JobState } from './job/state.ts'
export type {
  AnyJobSpec,
  EnqueueArguments,
  HandleOf,
  InputOf,
  JobOf,
  OutputOf,
  ResultOf,
  SpecOrName,
  StoredInputOf,
} from './job/typed.ts'
export type { Duration } from './kit/duration.ts'
export { isMillhandError, MillhandError } from './kit/error.ts'
export type {
  Matching,
  MatchingFilter,
  MatchingOptions,
  OperationProgress,
  OperationResult,
} from './queue/api/matching.ts'
export type { ConfigureOptions } from './queue/configure.ts'
export type { DrainedOptions } from './queue/drained.ts'
export type { EnqueueItem } from './queue/enqueue.ts'
export type { Explanation } from './queue/explain.ts'
export type { QueueExplanation } from './queue/explain-queue.ts'
export type { FilterOptions, ListOptions } from './queue/filter.ts'
export type { QueueStats, Stats } from './queue/inspect.ts'
export type { LimitHolder, LimitKey, LimitKeysOptions, LimitState, Limits } from './queue/limits.ts'
export { logMetrics, type MetricsOptions } from './queue/metrics.ts'
export type { NameStats, NameStatsOptions, QueueStatsOptions, StatsByName } from './queue/name-stats.ts'
// The queue
export { openQueue } from './queue/open.ts'
export type { OpenOptions } from './queue/open-options.ts'
export type { Operation, OperationsOptions } from './queue/operations.ts'
export type { Pause, PauseOptions } from './queue/pause.ts'
export type { PurgeOptions } from './queue/purge.ts'
export { Queue } from './queue/queue.ts'
export type { Figures, NameFigures, QueueFigures, StatsByQueue } from './queue/queue-stats.ts'
export type { Reason } from './queue/reason.ts'
export type { Schedules } from './queue/schedules.ts'
export type { JobChange, SubscribeOptions } from './queue/subscribe.ts'
export type { PostgresPool } from './store/pool.ts'
// Telemetry and errors
export type { AttemptEvent, EventName, JobEvent, MillhandEvents } from './telemetry/events.ts'
export type { Logger } from './telemetry/logger.ts'
export type { IdleOptions, StopOptions } from './worker/call-options.ts'
export { JobWorker } from './worker/job-worker.ts'
export type { FallbackHandler, WorkerOptions } from './worker/options.ts'
// Workers
export { Worker } from './worker/worker.ts'
