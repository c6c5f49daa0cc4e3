/**
 * Saves the build of a commit as one small file, for the tests of mixed versions, which have to run where the history is
 * not there: `npm run save-build -- COMMIT`.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants } from 'node:zlib'
import { rolldown } from 'rolldown'
import { Build, commitOf, ROOT } from '../bench/compare/builds.ts'

const FOLDER = `${ROOT}test/processes/builds/`
/** As much of a commit's name as names it for people. */
const NAME_CHARACTERS = 7

const commit = commitOf(process.argv[2] ?? 'HEAD')
const file = `${FOLDER}${commit.slice(0, NAME_CHARACTERS)}.mjs.br`
using build = new Build(commit)
const code = await oneModule(`${build.folder}/dist/index.js`)
const packed = brotliCompressSync(code, {
  params: { [constants.BROTLI_PARAM_SIZE_HINT]: Buffer.byteLength(code) },
})
mkdirSync(FOLDER, { recursive: true })
writeFileSync(file, packed)
console.log(`${file}: ${packed.length} bytes`)

async function oneModule(input: string): Promise<string> {
  const bundle = await rolldown({ input, platform: 'node', external: [/^node:/, /^[^./]/] })
  const { output } = await bundle.generate({ format: 'esm', minify: true, codeSplitting: false })
  await bundle.close()
  return output[0].code
}
