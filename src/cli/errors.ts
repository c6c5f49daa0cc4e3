import { errorFactory } from '../kit/error.ts'
import { sentence } from '../kit/sentence.ts'

interface Candidate {
  readonly id: string
  readonly name: string
  readonly state: string
}

export const STANDARD_INPUT = 'Standard input'

/** What the shell may have done to JSON on a command line, which it cannot do to a file. */
function quoting(what: string): string {
  if (what === STANDARD_INPUT) return " '-' takes the input of the job from there."
  const example = what.startsWith('--') ? `${what} '{"key":"value"}'` : `'{"path":"a.pdf"}'`
  return ` Quote it for the shell: ${example}.`
}

const STATE_CHARACTERS = 'cancelled'.length

/** What only the command line can complain about. */
export const cliErrors = {
  usage: (facts: { problem: string; command: string }) =>
    `${sentence(facts.problem)} See 'millhand ${facts.command === '' ? '' : `${facts.command} `}--help'.`,
  invalid_json: (facts: { what: string; problem: string; line: number; column: number; near: string }) =>
    `${facts.what} is not valid JSON: ${facts.problem} at line ${facts.line}, column ${facts.column}, ` +
    `near ${facts.near}.${quoting(facts.what)}`,
  inexact_json: (facts: { what: string; problem: string; line: number; column: number; near: string }) =>
    `${facts.what} would not be stored as it says: ${facts.problem}, at line ${facts.line}, column ${facts.column}.`,
  store_missing: (facts: { location: string }) =>
    `There is no database of Millhand's at ${facts.location}. Nothing was enqueued there yet, or --store or --config has to name another one.`,
  ambiguous_id: (facts: { prefix: string; candidates: readonly Candidate[]; more: boolean }) =>
    [
      `More than one job has an id that begins with '${facts.prefix}'. Give more of it:`,
      ...facts.candidates.map(({ id, name, state }) => `  ${id}  ${state.padEnd(STATE_CHARACTERS)}  ${name}`),
      ...(facts.more ? ['  …'] : []),
    ].join('\n'),
  no_job_yet: (facts: { location: string }) =>
    `There is no job at ${facts.location}, so that none is the last.`,
  confirmation_required: (facts: { verb: string; count: number }) =>
    `This would ${facts.verb} ${facts.count} job(s). Say --yes to do it.`,
} as const

export const cliError = errorFactory(cliErrors)
