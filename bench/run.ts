/** Runs the benchmarks on SQLite: `npm run bench [-- SCENARIO ...]`. */
import { runSuite } from './session.ts'
import { sqlite } from './suites/sqlite.ts'

await runSuite(sqlite)
