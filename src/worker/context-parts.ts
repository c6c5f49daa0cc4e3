import type { EnqueueOptions } from '../job/enqueue-options.ts'
import type { Resources, SecretSource } from '../job/resources.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Queue } from '../queue/queue.ts'
import type { Attempt } from './attempt.ts'
import type { ContextParts } from './context-needs.ts'
import type { FailedCalls } from './failed-calls.ts'
import type { Invoker } from './invoker.ts'
import { readSecret } from './secret.ts'
import { requireSettled, Transactor, type TransactorParts } from './transact.ts'

interface Parts extends TransactorParts {
  readonly door: Queue
  readonly failedCalls: FailedCalls
  readonly invoker: Invoker
  readonly resources: { readonly value: Resources }
  readonly secrets: SecretSource | undefined
}

/** What the contexts of a worker's attempts need of it; `door` is what jobs that they enqueue go through. */
export function contextParts(parts: Parts): ContextParts {
  const { door, queue, reporter, failedCalls } = parts
  const { events } = queue
  const transactor = new Transactor(parts)
  return {
    resources: () => parts.resources.value,
    secret: (name, job) => readSecret(parts.secrets, name, job),
    mark: (attempt) => reporter.mark(attempt),
    onProgress: (attempt, progress) => {
      if (events.has('progress')) events.emit('progress', { ...about(attempt), progress })
    },
    writeCheckpoint: async (attempt, json) => {
      requireSettled(attempt, await reporter.write(attempt, json))
      events.emit('checkpoint', about(attempt))
    },
    onFailedCall: (attempt, failed) => failedCalls.add(attempt, failed),
    transaction: (attempt, body) => transactor.run(attempt, body),
    enqueue: (spec: AnyJobSpec, input: unknown, options: EnqueueOptions) =>
      door.enqueue(spec, input, options),
    invoke: (attempt, call) => parts.invoker.invoke(attempt, call),
  }
}

function about({ job, worker }: Attempt) {
  return { id: job.id, name: job.name, queue: job.queue, worker, attempt: job.attempt }
}
