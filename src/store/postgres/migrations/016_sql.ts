import { control } from './sql/control.ts'
import { functions } from './sql/functions.ts'
import { options } from './sql/options.ts'
import { payload } from './sql/payload.ts'
import { queueRules } from './sql/queues.ts'
import { refusals } from './sql/refusals.ts'
import { storing } from './sql/storing.ts'
import { values } from './sql/values.ts'

const errands = `-- Functions by which triggers and programs in other languages enqueue, cancel and retry: see docs/sql.md.

-- What they leave to a worker, since doing it in a transaction that stays open would keep others waiting: to let a job wait
-- in a lane that is not there yet or was not used for long (waits = 4 in 'pending': for that), or to cancel one that runs.
create table millhand.errands (
  number bigint generated always as identity primary key,
  job bigint not null,
  verb text not null,
  reason text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
`

const all = [errands, refusals, values, payload, options, storing, queueRules, control, functions].join('')

/** Nobody may call them whom the owner has not told so: who may look at the tables could enqueue otherwise. */
const revoked = [...all.matchAll(/^create function (\S+)\((.*)\) returns/gm)].map(
  ([, name, parameters = '']) => {
    const types = parameters.split(', ').map((each) => each.replace(/^\w+ /, '').replace(/ default .*/, ''))
    return `revoke all on function ${name}(${types.join(', ')}) from public;\n`
  },
)

export const sql = [all, '\n', ...revoked].join('')
