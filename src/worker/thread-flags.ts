/** Those that the built thread shares with its process: whoever wants to hear no warnings wants none of a thread either. */
const QUIET = /^--(no-warnings$|disable-warning=)/
const INPUT_TYPE = '--input-type'

/**
 * Which of the flags of its process a thread is started with. The built one is a text that needs none: what a program
 * loads first (`--import`, `--require`) would only cost memory there. From the sources it needs what resolves them, but
 * not what tells a text on the command line from a file (`node --input-type=module --eval`), with which it does not start.
 */
export function threadFlags(flags: readonly string[], isScript: boolean): string[] {
  if (isScript) return flags.filter((flag) => QUIET.test(flag))
  return flags.filter((flag, index) => !flag.startsWith(INPUT_TYPE) && flags[index - 1] !== INPUT_TYPE)
}
