import { InvalidArgumentError } from 'commander'

/** What a value has to be by what stands for it in the help, such as `<duration>`, seen before a command gets it. */
const CHECKS: Readonly<Record<string, (text: string, before: readonly string[]) => void>> = {
  '<duration>': requireUnit,
  '<scope>': requireUnit,
  '<rate>': (text) => requireUnit(text.split('/')[1] ?? ''),
  '<path=value>': requireCondition,
}

/** @throws InvalidArgumentError of commander, which says of which flag it is */
export function checkValue(flags: string, text: string, before: readonly string[]): void {
  CHECKS[flags.slice(flags.indexOf('<'))]?.(text, before)
}

/** What is wrong with a number that stands for a time: whoever types one means seconds, or days, seldom milliseconds. */
export function missingUnit(text: string): string | undefined {
  if (!/^\d+(\.\d+)?$/.test(text) || Number(text) === 0) return undefined
  return `no unit. Say '${text}s' for seconds, or '${text}ms', '${text}m', '${text}h' or '${text}d'.`
}

function requireUnit(text: string): void {
  const missing = missingUnit(text)
  if (missing !== undefined) throw new InvalidArgumentError(`It has ${missing}`)
}

/** The path of a condition, and what has to stand there. */
export function conditionOf(text: string): readonly [path: string, value: string] | undefined {
  const [, path, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  return path === undefined || value === undefined ? undefined : [path, value]
}

/** Of two values at one place the first would be left out without a word. */
function requireCondition(text: string, before: readonly string[]): void {
  const [path] = conditionOf(text) ?? []
  if (path === undefined) throw new InvalidArgumentError("Give a path, '=' and a value, such as user.id=42.")
  const other = before.find((each) => conditionOf(each)?.[0] === path)
  if (other !== undefined)
    throw new InvalidArgumentError(`It was given before, as '${other}': no job has both.`)
}
