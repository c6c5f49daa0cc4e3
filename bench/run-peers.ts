/** Runs the benchmarks on PostgreSQL, beside the peers: `npm run bench:peers [-- SCENARIO ...]`. */
import { runSuite } from './session.ts'
import { postgres } from './suites/postgres.ts'

await runSuite(postgres)
