import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { type CheckedConfig, loadConfig } from '../../../src/config/index.ts'
import { OPTIONS, SECTIONS } from '../../../src/config/options.ts'
import { isMillhandError } from '../../../src/kit/error.ts'
import { type AnyField, type Fields, parseOptions } from '../../../src/kit/options.ts'
import { openFields } from '../../../src/queue/open-options.ts'
import { parseWorkerOptions } from '../../../src/worker/options.ts'
import { anyCharacter } from '../../support/texts.ts'

/** Texts that mean something to one option or another. */
const TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '1',
    '-1',
    '1.5',
    '1e3',
    '10',
    'NaN',
    'true',
    'false',
    'no',
    'null',
    '~',
    '5s',
    '5m',
    '-5s',
    '100d',
  ],
  ...[
    'a,b',
    'a,,b',
    ',',
    'debug',
    'json',
    'err.message',
    'a[',
    'leave',
    'memory:',
    'sqlite:',
    'sqlite:a.db',
    'mysql://a',
  ],
  ...['postgres://localhost/a', 'postgres://[', 'postgres://u:p@h:x/d?schema=s', 'millhand', 'x'.repeat(100)],
  ...['\0', '\u001b[2J', '\ud800', 'ü', '__proto__', 'constructor', '/nowhere/*.ts', './nothing.js', '..'],
]

const anyText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: anyCharacter }) },
)
const anyValue = fc.oneof(
  { weight: 3, arbitrary: anyText },
  { weight: 2, arbitrary: fc.integer({ min: -10, max: 20_000 }) },
  { weight: 1, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.array(anyText, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
)

/** What an option takes, as far as it is known here; anything at times. */
function fittingOf(field: AnyField): fc.Arbitrary<unknown> {
  const good = [...TEXTS, 0, 1, 5, 500, true, false, ['a'], ['err.message']].filter(
    (value) => field.parse(value) !== undefined,
  )
  if (good.length === 0) return anyValue
  return fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...good) }, { weight: 1, arbitrary: anyValue })
}

const entriesOf = (fields: Fields) =>
  Object.entries(fields).map(([name, field]) => fc.tuple(fc.constant(name), fittingOf(field)))

/** Of options most are there; some are of another section, and some are none. */
function anySection(fields: Fields): fc.Arbitrary<unknown> {
  const anyName = fc.oneof(fc.constantFrom(...OPTIONS.map(({ name }) => name)), anyText)
  const entry = fc.oneof(
    { weight: 30, arbitrary: fc.oneof(...entriesOf(fields)) },
    { weight: 1, arbitrary: fc.tuple(anyName, anyValue) },
  )
  const options = fc.array(entry, { maxLength: 3 }).map((entries) => Object.fromEntries(entries))
  return fc.oneof({ weight: 30, arbitrary: options }, { weight: 1, arbitrary: anyValue })
}

const { top, ...sections } = SECTIONS
const anyPart = fc.oneof(
  { weight: 20, arbitrary: fc.oneof(...entriesOf(top)) },
  {
    weight: 20,
    arbitrary: fc.oneof(
      ...Object.entries(sections).map(([name, fields]) => fc.tuple(fc.constant(name), anySection(fields))),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(anyText, anyValue) },
)
const anyContent = fc.array(anyPart, { maxLength: 4 }).map((parts) => Object.fromEntries(parts))

/** A text that is YAML, or nearly: a piece of it is gone, or another one is in it. */
const anyYaml = fc
  .tuple(
    anyContent,
    fc.option(fc.tuple(fc.nat(), fc.nat(5), fc.constantFrom(...'{}[]:,&*!|>-#%"\'\t\n', ''))),
  )
  .map(([content, slip]) => {
    const text = stringify(content)
    if (!slip) return text
    const [place, length, piece] = slip
    const at = place % (text.length + 1)
    return text.slice(0, at) + piece + text.slice(at + length)
  })

const variables = OPTIONS.flatMap(({ variable }) => variable ?? [])
const anyEnvironment = fc.dictionary(fc.constantFrom(...variables, 'MILLHAND_WORKER_CONCURENCY'), anyText, {
  maxKeys: 1,
})

/** Loads so many configurations: each is one that can be used, or is refused with the paths of all that is wrong. */
export async function fuzzConfigurations(cases: number): Promise<{ accepted: number; refused: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-config-fuzz-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'millhand.yaml')
  const counts = { accepted: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(anyYaml, anyEnvironment, async (text, env) => {
      writeFileSync(file, text)
      const loaded = await loadConfig({ cwd: folder, file, env }).catch(requireReasons)
      if (loaded) requireUsable(loaded)
      if (loaded) counts.accepted += 1
      else counts.refused += 1
    }),
    { numRuns: cases },
  )
  return counts
}

function requireReasons(error: unknown): undefined {
  if (!isMillhandError(error)) throw error
  expect(error.code).toMatch(/^config_(invalid|load_failed)$/)
  if (error.code === 'config_load_failed') return
  const { problems } = error.facts as { problems: readonly { path: string; message: string }[] }
  expect(problems).not.toEqual([])
  for (const { path, message } of problems) expect(Math.min(path.length, message.length)).toBeGreaterThan(0)
}

/** Who takes its parts takes them. */
function requireUsable({ config }: CheckedConfig): void {
  parseOptions('openQueue', openFields, config.queue)
  parseWorkerOptions({ ...config.worker, retention: config.retention })
  expect(config.store).toMatch(/^(sqlite|postgres|postgresql|memory):/)
}
