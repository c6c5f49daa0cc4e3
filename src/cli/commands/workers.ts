import { systemClock } from '../../kit/clock.ts'
import { formatDuration } from '../../kit/duration.ts'
import type { WorkerRecord } from '../../store/workers.ts'
import type { CommandSpec } from '../command.ts'
import { withQueue } from '../session.ts'
import type { Column } from '../table.ts'

/** `millhand workers`: who works, and on what. */
export const workersCommand: CommandSpec = {
  name: 'workers',
  summary:
    'List the workers: where they run, what they serve and were told, how busy they are, and whether their lease is alive.',
  examples: ['millhand workers', 'millhand workers --json'],
  run: (call) =>
    withQueue(call, {}, async (queue) => {
      const workers = await queue.workers()
      const nowMs = systemClock.now()
      call.terminal.show(
        workers.map((worker) => toDocument(worker, nowMs)),
        () => (workers.length === 0 ? 'No worker is running.' : call.terminal.table(columns(nowMs), workers)),
      )
      return undefined
    }),
}

function toDocument({ startedAt, beatAt, leaseUntil, ...worker }: WorkerRecord, nowMs: number): object {
  const times = { startedAt: new Date(startedAt), beatAt: new Date(beatAt), leaseUntil: new Date(leaseUntil) }
  return { ...worker, ...times, alive: leaseUntil > nowMs }
}

function columns(nowMs: number): readonly Column<WorkerRecord>[] {
  return [
    { title: 'NAME', text: ({ name }) => name, shrinksTo: 10 },
    { title: 'ID', text: ({ id }) => id },
    { title: 'PROCESS', text: ({ host, pid }) => `${host}:${pid}`, shrinksTo: 10 },
    { title: 'RUNNING', text: ({ running, concurrency }) => `${running}/${concurrency}`, align: 'right' },
    { title: 'HELD', text: ({ held }) => String(held), align: 'right' },
    { title: 'UP', text: ({ startedAt }) => formatDuration(Math.max(0, nowMs - startedAt)), align: 'right' },
    {
      title: 'LEASE',
      text: ({ leaseUntil }) =>
        leaseUntil > nowMs ? 'alive' : `lapsed ${formatDuration(nowMs - leaseUntil)} ago`,
      style: ({ leaseUntil }) => (leaseUntil > nowMs ? 'green' : 'red'),
    },
    {
      title: 'ORDER',
      text: ({ order }) => order,
      style: ({ order }) => (order === 'run' ? undefined : 'yellow'),
    },
    { title: 'QUEUES', text: ({ queues }) => queues?.join(', ') ?? 'all', shrinksTo: 6 },
    { title: 'ABLE', text: ableTo, shrinksTo: 6 },
    { title: 'JOBS', text: ({ names }) => names?.join(', ') ?? 'all', shrinksTo: 8 },
  ]
}

/** What it has for jobs that require something. */
function ableTo({ ability }: WorkerRecord): string {
  const { capabilities = [], version = null } = ability ?? {}
  return [...capabilities, ...(version === null ? [] : [`version ${version}`])].join(', ')
}
