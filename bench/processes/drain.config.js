/** The configuration of `millhand work` in drain-1m-memory: one job, and every setting as it is by default. */
import { defineConfig } from 'millhand/config'
import { noOp } from './drained-job.js'

process.on('message', ({ kind }) => {
  // `millhand work` stops when whoever started it over a channel is gone.
  if (kind === 'stop') process.disconnect()
})

export default defineConfig({ jobs: [noOp] })
