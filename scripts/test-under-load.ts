/**
 * Runs `npm test` many times while endless loops keep the cores busy: no test may fail by the clock alone.
 *
 * npm run test:load [-- --runs 40] [--loops 2] [--log FILE]
 *
 * Writes one line a run to the log, and what a run that failed has said to a file beside it. Exits 1 when one failed.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Keeps a core busy, and ends by itself when whoever started it has gone without a word. */
const LOOP = `
const parent = process.ppid
while (process.ppid === parent) for (let turn = 0; turn < 1e8; turn += 1);
`

const COUNTS = /^\d+ passed, \d+ failed$/gm

interface Run {
  readonly passed: boolean
  readonly seconds: number
  /** All that it wrote. */
  readonly text: string
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const { runs, loops, log } = readOptions()
mkdirSync(dirname(log), { recursive: true })
const busy = Array.from({ length: loops }, () =>
  spawn(process.execPath, ['--eval', LOOP], { stdio: 'ignore' }),
)
process.once('exit', () => busy.forEach(end))
process.once('SIGINT', () => process.exit(130))

let failed = 0
say(`${new Date().toISOString()}: ${runs} runs of npm test beside ${loops} endless loops`)
for (let number = 1; number <= runs; number += 1) {
  const run = await runTests()
  if (!run.passed) failed += 1
  say(lineOf(number, run))
}
say(`${failed} of ${runs} failed`)
process.exit(failed === 0 ? 0 : 1)

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '40' },
      loops: { type: 'string', default: '2' },
      log: { type: 'string', default: 'node_modules/.cache/test-load/log.txt' },
    },
  })
  const [runs, loops] = [Number(values.runs), Number(values.loops)]
  if (!(Number.isInteger(runs) && runs > 0 && Number.isInteger(loops) && loops >= 0))
    throw new Error(`--runs ${values.runs} --loops ${values.loops}: expected whole numbers, such as 40 and 2`)
  return { runs, loops, log: resolve(values.log) }
}

function runTests(): Promise<Run> {
  const startedAt = performance.now()
  const child = spawn('npm', ['test'], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
  return new Promise((resolved) => {
    child.on('close', (code) =>
      resolved({ passed: code === 0, seconds: Math.round((performance.now() - startedAt) / 1_000), text }),
    )
  })
}

function lineOf(number: number, { passed, seconds, text }: Run): string {
  const counts = text.match(COUNTS)?.at(-1) ?? 'no counts'
  const line = `run ${number}: ${passed ? 'passed' : 'FAILED'} after ${seconds} s: ${counts}`
  if (passed) return line
  const file = `${log}.run-${number}.txt`
  writeFileSync(file, text)
  return `${line}, see ${file}`
}

function say(line: string): void {
  appendFileSync(log, `${line}\n`)
  console.log(line)
}

function end(child: ChildProcess): void {
  child.kill('SIGKILL')
}
