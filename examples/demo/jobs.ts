import { defineJob } from 'millhand'
import { z } from 'zod'

/** One document into the index. Without its handler: whoever only enqueues loads no parsers. */
export const indexFile = defineJob({
  name: 'library.index_file',
  input: z.object({ path: z.string() }),
  output: z.object({ words: z.number(), passages: z.number() }),
  retries: 3,
  backoff: { kind: 'exponential', base: '500ms', max: '10s' },
  timeout: '5m',
})
