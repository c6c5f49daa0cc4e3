import { type FlatnessParts, recordFlatness } from '../../flatness.ts'
import type { Scenario } from '../../scenario.ts'
import { withClient } from '../../servers/databases.ts'
import { payloads } from '../../systems/system.ts'
import { backlog1m, waiting } from '../backlog-1m.ts'
import { history1m } from '../history-1m.ts'

export const backlog1mOnPostgres: Scenario = {
  ...backlog1m,
  async run(bench) {
    // A list of Redis is as fast at any length; to fill it takes a minute.
    for (const system of bench.systems.filter(({ store }) => store === 'postgres'))
      await recordFlatness(bench, system, waiting)
  },
}

export const history1mOnPostgres: Scenario = {
  ...history1m,
  async run(bench) {
    for (const system of bench.systems) {
      const history = HISTORIES[system.name]
      if (history) await recordFlatness(bench, system, partsOf(history))
    }
  },
}

/** How the jobs of a system are made finished without running them, and those of a round are forgotten. */
interface History {
  readonly finish: string
  readonly forget: string
}

/** graphile-worker keeps none; BullMQ would have to run a million jobs for it. */
const HISTORIES: Readonly<Record<string, History>> = {
  millhand: {
    finish: `with done as (delete from millhand.pending returning *)
      insert into millhand.settled
        (seq, state, finished_at, started_at, due_at, attempt, epoch, crashes, outcome)
      select seq, 'complete', due_at, due_at, due_at, 1, 1, 0, 'done' from done`,
    forget: `with forgotten as (delete from millhand.settled where seq in
        (select seq from millhand.settled order by seq offset $1) returning seq)
      delete from millhand.jobs using forgotten where jobs.seq = forgotten.seq`,
  },
  'hand-loop': {
    finish: `update jobs set state = 'complete', attempt = 1, epoch = 1, started_at = now(), finished_at = now()
      where state = 'pending'`,
    forget: "delete from jobs where state = 'complete' and id > $1",
  },
  'pg-boss': {
    finish: `update pgboss.job set state = 'completed', started_on = now(), completed_on = now()
      where state = 'created'`,
    forget: `delete from pgboss.job where state = 'completed' and id in (
      select id from pgboss.job where state = 'completed' order by created_on offset $1)`,
  },
}

function partsOf({ finish, forget }: History): FlatnessParts {
  return {
    async fill({ system, place, rows }) {
      await system.enqueueMany(payloads(rows))
      await withClient(place, (client) => client.query(finish))
    },
    async restore({ place, rows }) {
      await withClient(place, (client) => client.query(forget, [rows]))
    },
  }
}
