import fc from 'fast-check'
import { expect } from 'vitest'
import { EXIT } from '../../../src/cli/exit.ts'
import { FINAL_STATES } from '../../../src/job/state.ts'
import { commandLines, VALUED } from './command-lines.ts'
import { type Run, Shell } from './in-process.ts'

/** Commands that only look, and leave all jobs as they are. */
const LOOKS = [
  'run',
  'jobs',
  'job',
  'queues',
  'workers',
  'stats',
  'explain',
  'migrate',
  'check',
  'doctor',
  'init',
]

/** Commands that remove jobs, of which none may be removed that waits or runs. */
const REMOVES = ['prune', 'delete']

/** Runs so many random command lines, and looks at what each has said and done. */
export async function fuzzCommandLines(cases: number): Promise<{ accepted: number; refused: number }> {
  const shell = await Shell.make()
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(commandLines(shell.ids), async (words) => {
      shell.reset()
      const before = shell.jobs()
      const run = await shell.run(words)
      requireWords(run, isForPrograms(words))
      requireNothingLost(words[0] ?? '', run, { before, after: shell.jobs() })
      if (isRefused(run)) expect(shell.strays()).toEqual([])
      if (isRefused(run)) counts.refused += 1
      else counts.accepted += 1
    }),
    { numRuns: cases },
  )
  return counts
}

/** A flag that lacks its value takes the next word for it, and behind `--` there are no flags. */
function isForPrograms(words: readonly string[]): boolean {
  const isValue = (index: number) => VALUED.includes(words[index - 1] ?? '')
  const end = words.findIndex((word, index) => word === '--' && !isValue(index))
  const flags = end < 0 ? words : words.slice(0, end)
  return flags.some((word, index) => word === '--json' && !isValue(index))
}

function isRefused({ code }: Run): boolean {
  return code !== EXIT.ok && code !== EXIT.jobFailed
}

/** It ends with a code that is documented, and says why where it is not 0: with a code, and never with a stack. */
function requireWords({ code, stdout, stderr }: Run, json: boolean): void {
  expect(Object.values(EXIT)).toContain(code)
  expect(stderr).not.toMatch(/\(unexpected\)|"unexpected"|^ +at /m)
  if (code !== EXIT.ok) expect(stdout + stderr).not.toBe('')
  if (!json || code === EXIT.ok) return
  const said = (stdout || stderr).trim().split('\n').at(-1) ?? ''
  expect(JSON.parse(said)).toBeTypeOf('object')
}

interface Change {
  readonly before: ReadonlyMap<string, string>
  readonly after: ReadonlyMap<string, string>
}

/** A job is gone by prune or delete alone, and by these only once it was settled. */
function mayBeGone(command: string, row: string): boolean {
  return REMOVES.includes(command) && FINAL_STATES.includes(JSON.parse(row).state)
}

/** No job is gone that may not be; what is refused, or only looks, changes none, but for those that it names. */
function requireNothingLost(command: string, run: Run, { before, after }: Change): void {
  const gone = [...before].filter(([id, row]) => !after.has(id) && !mayBeGone(command, row))
  expect(gone).toEqual([])
  if (!isRefused(run) && !LOOKS.includes(command)) return
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (id) => before.get(id) !== after.get(id),
  )
  expect(changed.filter((id) => !run.stdout.includes(id))).toEqual([])
}
