#!/usr/bin/env -S node --disable-warning=ExperimentalWarning --max-semi-space-size=2
import { nodeProblem } from '../kit/node-version.ts'
import { EXIT } from './exit.ts'
import { standardTerminal } from './output.ts'
import { tell } from './tell.ts'

const words = process.argv.slice(2)
const problem = nodeProblem(process.versions.node)
// The doctor has it among its findings.
if (problem === undefined || words[0] === 'doctor') {
  // Not there on an old Node.
  if (problem === undefined) (await import('./typescript.ts')).findTypeScript()
  const { runProgram } = await import('./program.ts')
  await runProgram(words)
} else {
  tell(problem, standardTerminal(words.includes('--json')))
  process.exitCode = EXIT.failed
}
