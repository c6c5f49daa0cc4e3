import { numbered } from '../../migration.ts'
import { core } from './001_core.ts'
import { schedules } from './002_schedules.ts'
import { keys } from './003_keys.ts'
import { limits } from './004_limits.ts'
import { limitIndexes } from './005_limit_indexes.ts'
import { queues } from './006_queues.ts'
import { orders } from './007_orders.ts'
import { ledger } from './008_ledger.ts'
import { operations } from './009_operations.ts'
import { reruns } from './010_reruns.ts'
import { inputAt } from './011_input_at.ts'
import { deadline } from './012_deadline.ts'
import { results } from './013_results.ts'
import { requires } from './014_requires.ts'
import { order } from './015_order.ts'
import { sql } from './016_sql.ts'
import { groups } from './017_groups.ts'
import { sqlGroups } from './018_sql_groups.ts'

/** All migrations that this Millhand knows, in order. A new one is a file of its own, and a line here. */
export const MIGRATIONS = numbered({
  ...{ '001_core': core, '002_schedules': schedules, '003_keys': keys, '004_limits': limits },
  ...{ '005_limit_indexes': limitIndexes, '006_queues': queues, '007_orders': orders },
  ...{ '008_ledger': ledger, '009_operations': operations, '010_reruns': reruns },
  ...{ '011_input_at': inputAt, '012_deadline': deadline, '013_results': results },
  ...{ '014_requires': requires, '015_order': order, '016_sql': sql },
  ...{ '017_groups': groups, '018_sql_groups': sqlGroups },
})
