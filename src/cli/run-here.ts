import type { Config } from '../config/index.ts'
import { jobError } from '../job/errors.ts'
import { covers } from '../job/handled-names.ts'
import { requireJobName } from '../job/names.ts'
import type { Progress } from '../job/progress.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { formatDuration } from '../kit/duration.ts'
import { oneLine } from '../kit/visible.ts'
import { specNamed } from '../queue/known-specs.ts'
import type { RecordedEnqueue, RecordedLog } from '../testing/recorder.ts'
import { type JobRun, type JobRunOutcome, type RunJobOptions, runAlone } from '../testing/run-job.ts'
import { parseWorkerOptions } from '../worker/options.ts'
import { SharedResources } from '../worker/shared-resources.ts'
import type { Call } from './command.ts'
import { toJson } from './door.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { progressOf } from './job-table.ts'
import { interruptible } from './signals.ts'
import type { Terminal } from './terminal.ts'
import { errorLines, wholeError } from './whole-error.ts'

interface Asked {
  readonly input: unknown
  /** As they were given: they are checked where they are read. */
  readonly given: object
}

/** Nobody is to be hurried who looks at his handler with a debugger: no deadline strikes. */
const PATIENT: Clock = {
  now: systemClock.now,
  elapsed: systemClock.elapsed,
  timer: () => ({ cancel: () => {} }),
}

/** Runs one handler of the configuration, shows what it tells, and says what would have become of the job. */
export async function runHere(
  { args, terminal }: Call,
  { definitions, specs, worker, roles }: Config,
  asked: Asked,
): Promise<ExitCode | undefined> {
  const name = requireJobName(args[0])
  const definition = specNamed(new Map(definitions.map((each) => [each.name, each])), name)
  if (!definition && specs.some((spec) => covers(spec.name, name)))
    throw jobError('missing_handler', { name })
  if (!definition) throw jobError('unknown_job', { name, known: definitions.map((each) => each.name) })
  const left: { teardownError?: object } = {}
  const shared = new SharedResources(parseWorkerOptions({ ...worker, roles, jobs: [] }), {
    clock: PATIENT,
    onError(error) {
      left.teardownError = wholeError(error)
      terminal.note(`the teardown failed: ${error.message}`)
    },
  })
  const given = { ...asked.given } as RunJobOptions
  const place = {
    ...PLACE,
    clock: PATIENT,
    secrets: worker.secrets,
    ...(!terminal.json && tellingOf(terminal)),
  }
  const run = await staying(async () => {
    await shared.open()
    return interruptible((signal) =>
      runAlone(
        definition,
        { input: asked.input, given: { ...given, signal } },
        { ...place, resources: shared.value },
      ),
    ).finally(() => shared.close())
  })
  terminal.show({ ...toDocument(name, run), ...left }, () => outputLines(run.outcome))
  for (const line of verdict(run.outcome)) terminal.note(line)
  return EXITS[run.outcome.verb]
}

/** What a handler waits for need not keep the process: it is then that somebody wants to look at it. */
async function staying<Result>(work: () => Promise<Result>): Promise<Result> {
  const stay = systemClock.timer(Number.MAX_SAFE_INTEGER, () => {})
  return work().finally(() => stay.cancel())
}

const PLACE = {
  runner: 'millhand run',
  transaction: 'ctx.transaction',
  instead: 'Enqueue the job (millhand enqueue) and run it with millhand work --until-idle.',
}

const EXITS: Readonly<Record<JobRunOutcome['verb'], ExitCode | undefined>> = {
  complete: undefined,
  skip: undefined,
  snooze: undefined,
  retry: EXIT.jobFailed,
  fail: EXIT.jobFailed,
  cancel: EXIT.interrupted,
}

/** What the handler tells, as it tells it: to the standard error, so that the output is the handler's alone. */
function tellingOf(terminal: Terminal) {
  const note = (what: string, text: string) => terminal.note(oneLine(`${what.padEnd(10)} ${text}`))
  return {
    onProgress: (progress: Progress) =>
      note('progress', [progressOf({ progress }), ...textOf(progress.data)].join(' ').trim()),
    onLog: ({ level, message, data }: RecordedLog) => note(level, [message, ...textOf(data)].join(' ')),
    onCheckpoint: (checkpoint: unknown) => note('checkpoint', toJson(checkpoint)),
    onEnqueue: ({ name, input }: RecordedEnqueue) =>
      note('enqueue', [name, ...textOf(input), '(nothing is stored)'].join(' ')),
  }
}

function textOf(value: unknown): string[] {
  return value === undefined ? [] : [toJson(value)]
}

function outputLines(outcome: JobRunOutcome): string[] {
  return outcome.verb === 'complete' ? toJson(outcome.output ?? null, 2).split('\n') : []
}

/** What would have become of the job, where it is not simply complete; of an error all that is known of it. */
function verdict(outcome: JobRunOutcome): string[] {
  switch (outcome.verb) {
    case 'complete':
      return []
    case 'skip':
      return [`skipped: ${outcome.reason}`]
    case 'snooze':
      return [`snoozed: the job would be due again in ${formatDuration(outcome.delayMs)}`]
    case 'retry':
      return [
        ...errorLines(wholeError(outcome.error)),
        `failed (${outcome.kind}): the job would be retried in ${formatDuration(outcome.delayMs)}`,
      ]
    case 'fail':
      return [
        ...errorLines(wholeError(outcome.error)),
        `failed (${outcome.kind}): the job would not be retried`,
      ]
    case 'cancel':
      return ['interrupted']
  }
}

function toDocument(name: string, { outcome, ...told }: JobRun): object {
  const shown = 'error' in outcome ? { ...outcome, error: wholeError(outcome.error) } : outcome
  return { name, outcome: shown, ...told }
}
