import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../repository/reading/files.ts'
import { MISTAKES, PREAMBLE } from './mistakes.ts'

/** Ignored by git, and inside the repository, so that the schema library is found. */
const FOLDER = `${ROOT}node_modules/.cache/millhand-messages`
/** The oldest that the declarations are for, the last one that is written in JavaScript, and the one of the repository. */
const COMPILERS = ['typescript-5.6', 'typescript-5.9', 'typescript']

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/package.json`, JSON.stringify({ type: 'module' }))
  writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(configuration()))
  writeFileSync(`${FOLDER}/mistakes.ts`, [...PREAMBLE, ...MISTAKES.map(({ code }) => code)].join('\n'))
  const build = ['--project', 'tsconfig.build.json', '--outDir', `${FOLDER}/dist`]
  execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, ...build], { cwd: ROOT })
})

describe.each(COMPILERS)('%s', (compiler) => {
  test('points at each mistake, and names what was expected there', () => {
    const told = diagnosticsOf(compiler)
    const lines = MISTAKES.map((_, index) => PREAMBLE.length + index + 1)
    expect(told.filter(({ line }) => !lines.includes(line))).toEqual([])
    for (const [index, { code, at, says }] of MISTAKES.entries()) {
      const here = told.filter(({ line }) => line === lines[index])
      expect(here, code).toHaveLength(1)
      expect(code.slice((here[0]?.column ?? 0) - 1), code).toMatch(new RegExp(`^${at}\\b`))
      expect(here[0]?.message, code).toMatch(says)
    }
  })
})

interface Diagnostic {
  readonly line: number
  readonly column: number
  /** With the lines below it that go into the details. */
  readonly message: string
}

function diagnosticsOf(compiler: string): Diagnostic[] {
  const script = `${ROOT}node_modules/${compiler}/bin/tsc`
  const { stdout } = spawnSync(process.execPath, [script, '--project', FOLDER, '--pretty', 'false'], {
    cwd: FOLDER,
    encoding: 'utf8',
  })
  const found = stdout.matchAll(/^mistakes\.ts\((\d+),(\d+)\): error (.*(?:\n .*)*)/gm)
  const diagnostics = [...found].map(([, line, column, message = '']) => ({
    line: Number(line),
    column: Number(column),
    message,
  }))
  // An error elsewhere is about the configuration or the declarations, and then nothing was checked.
  const others = stdout.split('\n').filter((line) => /error/.test(line) && !line.startsWith('mistakes.ts('))
  if (others.length > 0 || diagnostics.length === 0) throw new Error(`${compiler}: ${stdout}`)
  return diagnostics
}

/** As in the program of somebody who uses the package. */
function configuration(): object {
  return {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      paths: { millhand: ['./dist/index.d.ts'], 'millhand/config': ['./dist/config/index.d.ts'] },
    },
    files: ['mistakes.ts'],
  }
}
