import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Child } from './child.ts'

/** The command of what `millhand` stands for here: of the build, or of the sources where tests run the benchmarks. */
const PACKAGE = import.meta.resolve('millhand')
const MAIN = new URL(`./cli/main${extname(PACKAGE)}`, PACKAGE)

/** Starts the command `millhand` as a shell would: with the options of Node in its first line. */
export function startMillhand(words: readonly string[], config: URL): Child {
  return new Child(MAIN.href, {
    values: [...words, '--config', fileURLToPath(config)],
    flags: firstLineFlags(),
  })
}

function firstLineFlags(): string[] {
  const [line = ''] = readFileSync(MAIN, 'utf8').split('\n', 1)
  const [, flags] = /^#!\/usr\/bin\/env -S node (.+)$/.exec(line) ?? []
  if (flags === undefined) throw new Error(`the first line of the command gives Node no options: ${line}`)
  return flags.split(' ')
}
