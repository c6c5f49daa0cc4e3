import fs, { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { AnyJobDefinition } from '../job/defined.ts'
import { isSpec } from '../job/spec.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import { preview } from '../kit/error.ts'
import type { Problem } from './errors.ts'
import { isFolder, loadModule, whatWasThrown } from './source.ts'

/** The definitions that a configuration names, those without a handler among them. */
export interface Collected {
  readonly specs: readonly AnyJobSpec[]
  readonly errors: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Collects the definitions of a list: they themselves, lists of them, and paths or globs of modules that export them. */
export async function collectJobs(sources: readonly unknown[], folder: string): Promise<Collected> {
  const found: AnyJobSpec[] = []
  const errors: Problem[] = []
  const warnings: Problem[] = []
  for (const [index, source] of sources.entries()) {
    const path = `jobs[${index}]`
    if (typeof source !== 'string') {
      found.push(...specsIn(source))
      if (specsIn(source).length === 0) errors.push({ path, message: `is ${preview(source)}, ${EXPECTED}` })
      continue
    }
    const files = filesOf(source, folder)
    if (files.length === 0) errors.push({ path, message: whyNone(source, folder) })
    for (const file of files) {
      const specs = await specsOf(file).catch((error: unknown) => {
        errors.push({ path, message: `${file} cannot be loaded: ${whatWasThrown(error, file)}` })
        return undefined
      })
      found.push(...(specs ?? []))
      if (specs?.length === 0) warnings.push({ path, message: `${file} exports no job definition` })
    }
  }
  return { specs: withoutTwins(found), errors, warnings }
}

export function isDefinition(spec: AnyJobSpec): spec is AnyJobDefinition {
  return 'run' in spec && typeof spec.run === 'function'
}

const EXPECTED = 'expected a job definition, or the path of a module that exports some'

function whyNone(source: string, folder: string): string {
  return isFolder(resolve(folder, source))
    ? `'${source}' is a folder, expected modules in it, such as '${source.replace(/\/?$/, '/*.ts')}'`
    : `no file is at '${source}', seen from ${folder}`
}

/** The files of a path or a glob, in a fixed order. */
function filesOf(pattern: string, folder: string): string[] {
  return pathsOf(pattern, folder).filter((path) => !isFolder(path))
}

function pathsOf(pattern: string, folder: string): string[] {
  if (!/[*?{[]/.test(pattern)) return [resolve(folder, pattern)].filter((file) => existsSync(file))
  // Not imported by its name: an old Node has none, and could not even say that it is too old.
  const found = fs.globSync(pattern, { cwd: folder, exclude: (name) => name === 'node_modules' })
  return found
    .filter((file) => !file.endsWith('.d.ts'))
    .sort()
    .map((file) => resolve(folder, file))
}

async function specsOf(file: string): Promise<AnyJobSpec[]> {
  return Object.values(await loadModule(file)).flatMap(specsIn)
}

function specsIn(value: unknown): AnyJobSpec[] {
  if (Array.isArray(value)) return value.flatMap(specsIn)
  return isSpec(value) ? [value] : []
}

/** One definition may be exported under two names; and a spec stands aside for the definition that was made of it. */
function withoutTwins(specs: readonly AnyJobSpec[]): AnyJobSpec[] {
  const handled = new Set(specs.filter(isDefinition).map((spec) => spec.name))
  return [...new Set(specs)].filter((spec) => isDefinition(spec) || !handled.has(spec.name))
}
