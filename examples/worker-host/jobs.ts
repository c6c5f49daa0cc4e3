// The tasks of the configuration beside it: how long one may take and how often it is tried again is of each job.
import { defineJob } from 'millhand'
import { z } from 'zod'

export const convertVideo = defineJob({
  name: 'video.convert',
  queue: 'video',
  input: z.object({ file: z.string() }),
  timeout: '300s', // timeout: 300
  retries: 2, // max_attempts: 3
  backoff: { kind: 'exponential', base: '1s' }, // backoff: exponential
  async run({ file }, ctx) {
    ctx.progress({ fraction: 0.5, message: 'converting' }) // self.report_progress(0.5)
    return { converted: file }
  },
})
