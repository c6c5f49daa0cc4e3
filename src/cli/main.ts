#!/usr/bin/env -S node --disable-warning=ExperimentalWarning --max-semi-space-size=2
import { runProgram } from './program.ts'

await runProgram(process.argv.slice(2))
