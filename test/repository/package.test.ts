import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { exists, fileAt, filesLike, type RepositoryFile } from './reading/files.ts'
import { linksOf } from './reading/links.ts'
import { importsOf } from './reading/modules.ts'

/** Who uses what asks for an optional one installs it. */
const DEPENDENCIES = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]

/** A reason, rather than a list of names: this many words beside the name. */
const REASON_WORDS = 4

describe('what the package offers', () => {
  const targets = [...Object.values(manifest.exports).flatMap(targetsOf), manifest.main, manifest.types]

  test('every export and command is a file of the repository or is built of one', () => {
    const offered = [...targets, ...Object.values(manifest.bin)]
    expect(offered.filter((path) => !exists(sourceOf(path)))).toEqual([])
  })

  test('one export has one source, whatever the condition', () => {
    for (const [subpath, target] of Object.entries(manifest.exports)) {
      const sources = targetsOf(target).map(sourceOf)
      expect(new Set(sources).size, subpath).toBe(1)
    }
  })

  test('no module is named by a URL: the build would leave it with the ending of its source', () => {
    const files = filesLike(/^src\/.*\.ts$/).filter(({ text }) => /new URL\('[^']*\.ts'/.test(text))
    expect(files.map(({ path }) => path)).toEqual([])
  })

  test('every file and folder to publish exists, or is built', () => {
    expect(manifest.files.filter((path) => path !== 'dist' && filesAt(path).length === 0)).toEqual([])
  })

  test('every link of a published page leads to what is published', () => {
    const published = manifest.files.flatMap(filesAt)
    const problems = published.flatMap((document) =>
      document.path.endsWith('.md')
        ? targetsOfLinks(document)
            .filter((target) => !published.some(({ path }) => `${path}/`.startsWith(`${target}/`)))
            .map((target) => `${document.path}: ${target}`)
        : [],
    )
    expect(problems).toEqual([])
  })

  test('CHANGELOG.md says what is in this version, below what is in none yet', () => {
    const versions = [...fileAt('CHANGELOG.md').text.matchAll(/^## \[(.+?)\]/gm)].map(([, name]) => name)
    expect(versions.slice(0, 2)).toEqual(['Unreleased', manifest.version])
  })
})

describe('what the package depends on', () => {
  const imported = new Set(
    filesLike(/^src\/.*\.ts$/).flatMap((file) => importsOf(file).map(({ target }) => target)),
  )

  test('src imports every dependency', () => {
    expect(DEPENDENCIES.filter((name) => !imported.has(name))).toEqual([])
  })

  test('src imports no package that is not a dependency', () => {
    const packages = [...imported].filter((target) => !/^(src\/|node:|package\.json$)/.test(target))
    expect(packages.filter((name) => !DEPENDENCIES.includes(name))).toEqual([])
  })

  test('ARCHITECTURE.md gives the reason for every dependency', () => {
    const lines = fileAt('ARCHITECTURE.md').text.split('\n')
    const unexplained = DEPENDENCIES.filter(
      (name) =>
        !lines.some((line) => line.includes(`\`${name}\``) && line.split(/\s+/).length > REASON_WORDS),
    )
    expect(unexplained).toEqual([])
  })

  test('what is installed with it may be shared with others: every version of it is a range', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.peerDependencies })
    expect(versions.filter(([, version]) => !/^\^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('what it is developed with is exact', () => {
    const versions = Object.entries(manifest.devDependencies)
    expect(
      versions.filter(([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
    ).toEqual([])
  })

  test('the lockfile names no registry', () => {
    const lines = fileAt('package-lock.json').text.split('\n')
    expect(lines.filter((line) => /"resolved"|registry/.test(line))).toEqual([])
  })
})

/** The files of the repository that an entry of `files` stands for. */
function filesAt(entry: string): readonly RepositoryFile[] {
  const pattern = entry.replaceAll('.', '\\.').replaceAll('*', '[^/]*')
  return filesLike(new RegExp(`^${pattern}(?:/|$)`))
}

/** Where the relative links of a page lead, seen from the repository. */
function targetsOfLinks(document: RepositoryFile): string[] {
  return linksOf(document)
    .map(({ target }) => target.replace(/#.*/, ''))
    .filter((path) => path !== '')
    .map((path) => posix.join(posix.dirname(document.path), path).replace(/\/$/, ''))
}

type Target = string | { readonly [condition: string]: Target }

function targetsOf(target: Target): string[] {
  return typeof target === 'string' ? [target] : Object.values(target).flatMap(targetsOf)
}

/** The file that a published one is built of: `./dist/a/b.d.ts` of `src/a/b.ts`. */
function sourceOf(path: string): string {
  return path.replace(/^\.\//, '').replace(/^dist\/(?:commonjs\/)?(.*?)(\.d\.ts|\.js)$/, 'src/$1.ts')
}
