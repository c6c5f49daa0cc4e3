import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import manifest from '../../package.json' with { type: 'json' }
import { ROOT } from '../repository/reading/files.ts'

const run = promisify(execFile)

/** The package as `npm pack` makes it of the sources as they are now, for programs that have it installed. */
export class Packed {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Builds and packs it, beside the repository: a build of its own, which no other test meets. */
  static async make(): Promise<Packed> {
    const packed = new Packed(realpathSync(mkdtempSync(join(tmpdir(), 'millhand-packed-'))))
    const stage = join(packed.#folder, 'stage')
    const build = ['scripts/build.ts', '--folder', join(stage, 'dist')]
    await run(process.execPath, build, { cwd: ROOT, env: plainEnvironment() })
    // Of a pattern its folder: npm takes what fits.
    const paths = manifest.files.map((path) => path.replace(/\/\*.*/, '')).filter((path) => path !== 'dist')
    for (const path of ['package.json', ...paths])
      cpSync(join(ROOT, path), join(stage, path), { recursive: true })
    await run('npm', ['pack', '--ignore-scripts', '--pack-destination', packed.#folder], { cwd: stage })
    const tarball = readdirSync(packed.#folder).find((name) => name.endsWith('.tgz')) ?? ''
    await run('tar', ['-xzf', tarball], { cwd: packed.#folder })
    return packed
  }

  /** Where its files are. */
  get contents(): string {
    return join(this.#folder, 'package')
  }

  /** A folder in which it is installed, with what it depends on and these packages of the repository besides. */
  install(name: string, besides: readonly string[] = []): string {
    const folder = join(this.#folder, name)
    cpSync(this.contents, join(folder, 'node_modules/millhand'), { recursive: true })
    for (const each of [...Object.keys(manifest.dependencies), ...besides]) {
      const place = join(folder, 'node_modules', each)
      mkdirSync(dirname(place), { recursive: true })
      if (!existsSync(place)) symlinkSync(join(ROOT, 'node_modules', each), place)
    }
    return folder
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Without what makes a Node of the tests run the sources: `millhand` is what is installed. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env
  return environment
}
