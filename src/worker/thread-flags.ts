const INPUT_TYPE = '--input-type'
const CONDITIONS = /^(--conditions|-C)\b/

/**
 * The flags that a thread is started with; `undefined`: those of its process, as by default. A program that is given on the
 * command line (`node --input-type=module --eval …`) has one with which a thread does not start. Its thread gets those that
 * resolve its modules, and no others: Node refuses what is not for threads, once it is told what to take.
 */
export function threadFlags(flags: readonly string[]): string[] | undefined {
  if (!flags.some((flag) => flag.startsWith(INPUT_TYPE))) return undefined
  return flags.filter((flag, index) => CONDITIONS.test(flag) || isValueOf(flags[index - 1]))
}

/** Whether the flag before takes the next one as its value. */
function isValueOf(flag: string | undefined): boolean {
  return flag === '--conditions' || flag === '-C'
}
