/**
 * The job of drain-1m-memory, for both of its worker processes: does nothing, and tells when as many have run as 'go'
 * says. Answers 'usage' with what is resident. JavaScript for the reason that stands in rest.js.
 */
import { readFileSync } from 'node:fs'
import { defineJob } from 'millhand'

let ran = 0
let expected = Number.POSITIVE_INFINITY

export const noOp = defineJob({
  name: 'bench.no_op',
  async run() {
    ran += 1
    if (ran === expected) process.send({ kind: 'drained', peakBytes: peakBytes() })
  },
})

process.on('message', ({ kind, jobs }) => {
  if (kind === 'usage') process.send({ kind: 'usage', residentBytes: process.memoryUsage.rss() })
  if (kind === 'go') expected = jobs
})

/**
 * The most that was resident at any time. Not `process.resourceUsage().maxRSS`: on Linux that begins with the peak of
 * the process that started this one.
 */
function peakBytes() {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    return Number(kilobytes) * 1_024
  } catch {
    return process.resourceUsage().maxRSS * 1_024
  }
}
