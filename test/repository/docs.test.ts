import { posix } from 'node:path'
import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { documented } from '../support/documented.ts'
import { exists, fileAt, filesLike, lineOf, type RepositoryFile } from './reading/files.ts'
import { linksOf } from './reading/links.ts'
import { ENTRIES, importsOf } from './reading/modules.ts'

const DOCUMENTS = filesLike(/\.md$/)

test('every relative link leads somewhere', () => {
  const problems = DOCUMENTS.flatMap((document) =>
    linksOf(document)
      .filter(({ target }) => !leadsSomewhere(document, target))
      .map(({ target, line }) => `${document.path}:${line}: ${target}`),
  )
  expect(problems).toEqual([])
})

test('every npm script that a document names exists', () => {
  const problems = DOCUMENTS.flatMap((document) =>
    [...document.text.matchAll(/npm run ([\w:-]+)/g)]
      .filter(([, script = '']) => !Object.hasOwn(manifest.scripts, script))
      .map(({ 0: command, index }) => `${document.path}:${lineOf(document.text, index)}: ${command}`),
  )
  expect(problems).toEqual([])
})

test('every option of the package says what it means where an editor shows it', () => {
  const silent = offeredOptions().flatMap(({ path, name }) => {
    const options = [...documented(path, name)]
    if (options.length === 0) return [`${path}: ${name} is no interface`]
    return options.filter(([, words]) => words === '').map(([option]) => `${path}: ${name}.${option}`)
  })
  expect(silent).toEqual([])
})

/** The types of the package whose names end with `Options`, and the files that they are in. */
function offeredOptions(): { readonly path: string; readonly name: string }[] {
  return [...ENTRIES.values()].flatMap((entry) =>
    importsOf(fileAt(entry))
      .filter(({ exported, names }) => exported && names !== '*')
      .flatMap(({ target, names }) => [...names].map((name) => ({ path: target, name })))
      .filter(({ name }) => name.endsWith('Options')),
  )
}

function leadsSomewhere(document: RepositoryFile, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? document.path : posix.join(posix.dirname(document.path), path)
  if (!exists(target)) return false
  return anchor === undefined || !target.endsWith('.md') || anchorsOf(fileAt(target).text).includes(anchor)
}

/** The anchors that a Markdown page has: its headings in lower case, with dashes for spaces. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
