import { expect, test } from 'vitest'
import { COMMON_OPTIONS } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { filesLike, lineOf, type RepositoryFile } from './reading/files.ts'

/** `millhand COMMAND …`, as far as the words of a command line go. */
const CALL = /(?<!install )\bmillhand ([a-z]+(?:-[a-z]+)*)((?: +(?:-{1,2}[\w-]+|[\w./:=@'"{}?…-]+))*)/g

const PAGES = filesLike(/^(README\.md|docs\/[^/]+\.md)$/)

test('every command that a document tells to run exists, with its flags', () => {
  expect(PAGES.flatMap(unknownOf)).toEqual([])
})

/** The commands and flags of a document that the command line does not know. */
function unknownOf({ path, text }: RepositoryFile): string[] {
  return codeOf(text).flatMap(({ code, at }) =>
    [...code.matchAll(CALL)].flatMap(({ 1: name = '', 2: words = '', 0: call }) => {
      const where = `${path}:${lineOf(text, at)}: ${call}`
      const command = COMMANDS.find((each) => each.name === name)
      if (!command) return [where]
      const flags = [...COMMON_OPTIONS, ...(command.options ?? [])].map(
        ({ flags: given }) => given.split(' ')[0],
      )
      const unknown =
        words.match(/--[\w-]+/g)?.filter((flag) => flag !== '--help' && !flags.includes(flag)) ?? []
      return unknown.map((flag) => `${where}: ${flag}`)
    }),
  )
}

/** What stands in blocks of the shell, and between backticks: not the prose. */
function codeOf(text: string): { readonly code: string; readonly at: number }[] {
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  const inline = [
    ...text.replace(/^```[\s\S]*?^```/gm, (block) => block.replace(/[^\n]/g, ' ')).matchAll(/`([^`]+)`/g),
  ]
  return [...blocks, ...inline].map(({ 1: code = '', index: at }) => ({ code, at }))
}
