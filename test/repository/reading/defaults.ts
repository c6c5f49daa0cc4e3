import { OPTIONS } from '../../../src/config/options.ts'
import { parseDuration } from '../../../src/kit/duration.ts'
import { type Constant, constantsOf, constNodes, evaluate, type Value } from './constants.ts'
import { filesLike, type RepositoryFile } from './files.ts'
import { child, isNode, nameOf, type SyntaxNode } from './syntax.ts'

/** A default or a limit of the sources, as a row of docs/defaults.md has it behind its first cell. */
export interface Default {
  /** The last cell: where it is set, or which constant it is. No two are the same. */
  readonly where: string
  /** `undefined`: there is none, and the page says what happens instead. */
  readonly value: string | undefined
  /** `undefined`: the page says it in words. */
  readonly limits: string | undefined
}

const SOURCES = /^src\/.*\.ts$/

/** Who takes the options of a table. */
const TAKEN_BY: Readonly<Record<string, string>> = {
  'src/config/options.ts logFields': 'configuration',
  'src/config/options.ts topFields': 'configuration',
  'src/config/load.ts loadFields': 'loadConfig',
  'src/job/declared.ts failFields': 'fail',
  'src/job/definition.ts definitionFields': 'defineJob',
  'src/job/enqueue-options.ts enqueueFields': 'enqueue',
  'src/job/cache.ts cacheFields': 'cache',
  'src/job/invoke-options.ts invokeFields': 'ctx.invoke',
  'src/job/limit-change.ts changeFields': 'limits.set',
  'src/job/limit.ts limitFields': 'limit',
  'src/job/limit.ts rateFields': 'rate',
  'src/job/limit.ts valueFields': 'limit',
  'src/job/retention.ts retentionFields': 'retention',
  'src/job/run-many.ts runManyFields': 'runMany',
  'src/queue/filter.ts filterFields': 'list',
  'src/queue/filter.ts listFields': 'list',
  'src/queue/handle.ts resultFields': 'result',
  'src/job/schedule-options.ts scheduleFields': 'schedule',
  'src/queue/handle.ts watchFields': 'watch',
  'src/queue/limits.ts keysFields': 'limits.keys',
  'src/queue/matching.ts matchingFields': 'matching',
  'src/queue/matching.ts givenFields': 'matching',
  'src/queue/operate.ts operationFields': 'matching',
  'src/queue/operations.ts operationsFields': 'operations',
  'src/queue/rerun.ts rerunFields': 'rerun',
  'src/queue/metrics.ts metricsFields': 'logMetrics',
  'src/queue/name-stats.ts statsFields': 'stats',
  'src/queue/open-options.ts openFields': 'openQueue',
  'src/queue/pause.ts pauseFields': 'pause',
  'src/job/queue-settings.ts queueFields': 'configure',
  'src/queue/drained.ts drainedFields': 'drained',
  'src/queue/purge.ts purgeFields': 'purge',
  'src/queue/configure.ts configureFields': 'configure',
  'src/queue/subscribe.ts subscribeFields': 'subscribe',
  'src/testing/crash/crash-sweep.ts sweepFields': 'crashSweep',
  'src/testing/expect-enqueued.ts expectedFields': 'expectEnqueued',
  'src/testing/run-job.ts runFields': 'runJob',
  'src/testing/run-until-idle.ts runFields': 'runUntilIdle',
  'src/worker/options.ts workerFields': 'Worker',
  'src/worker/call-options.ts stopFields': 'stop',
  'src/worker/call-options.ts idleFields': 'runUntilIdle',
}

/** Every option with a default or a limit, and every time-out. */
export function optionDefaults(): Default[] {
  return tablesOf(filesLike(SOURCES)).flatMap(({ file, name, table }) => {
    const component = TAKEN_BY[`${file.path} ${name}`]
    if (component === undefined)
      throw new Error(`${file.path}: whose options are ${name}? Add it to TAKEN_BY`)
    return propertiesOf(table).flatMap(
      ([option, node]) => optionDefault({ component, option, node, file }) ?? [],
    )
  })
}

interface Option {
  readonly component: string
  readonly option: string
  readonly node: SyntaxNode
  readonly file: RepositoryFile
}

function optionDefault({ component, option, node, file }: Option): Default | undefined {
  if (node.type !== 'CallExpression') return undefined
  const kind = nameOf(child(node, 'callee'))
  const [spec] = node.arguments as SyntaxNode[]
  const given = spec ? evaluate(spec, file) : {}
  const { default: value, min, max } = (typeof given === 'object' ? given : {}) as Record<string, Value>
  const isTimeout = kind === 'duration' && /timeout|^delay$/i.test(option)
  if (value === undefined && min === undefined && max === undefined && !isTimeout) return undefined
  return {
    where: whereOption(component, option),
    value: value === undefined ? undefined : `\`${shownOption(value)}\``,
    limits: limitsOf(kind, { min, max }),
  }
}

function whereOption(component: string, option: string): string {
  const path = OPTIONS.find(({ path }) => path === configured(component, option))?.path
  if (component === 'configuration') return `\`${path ?? option}\``
  return `\`${component}\`: \`${option}\`${path === undefined ? '' : `; \`${path}\``}`
}

/** What an option is called in a configuration. */
function configured(component: string, option: string): string {
  if (component === 'configuration')
    return OPTIONS.some(({ path }) => path === option) ? option : `log.${option}`
  const section = { Worker: 'worker', openQueue: 'queue', retention: 'retention' }[component]
  return section === undefined || option === 'retention' ? '' : `${section}.${option}`
}

function limitsOf(kind: string, { min, max }: { min: Value | undefined; max: Value | undefined }): string {
  const unit = kind === 'duration' || kind === 'scope' ? 'ms' : ''
  const least = min ?? (kind === 'integer' ? 0 : undefined)
  if (max !== undefined && kind === 'text') return `at most ${counted(max)} characters`
  if (max !== undefined) return `${counted(least)} to ${counted(max)}`
  return least === undefined ? '' : `at least ${counted(least)}${unit}`
}

function shownOption(value: Value): string {
  return typeof value === 'number' ? counted(value) : String(value)
}

/** Each table of options: an object of fields, or a function that gives one. */
function tablesOf(files: readonly RepositoryFile[]) {
  return files.flatMap((file) =>
    constNodes(file).flatMap(([name, node]) => {
      const table = /Fields$/.test(name) ? objectIn(node) : undefined
      return table ? [{ file, name, table }] : []
    }),
  )
}

function objectIn(node: SyntaxNode): SyntaxNode | undefined {
  if (node.type === 'ObjectExpression') return node
  const inner = child(node, 'body') ?? child(node, 'expression')
  return inner && objectIn(inner)
}

function propertiesOf(object: SyntaxNode): (readonly [name: string, value: SyntaxNode])[] {
  return (object.properties as unknown[]).filter(isNode).flatMap((property) => {
    const value = child(property, 'value')
    return value ? [[nameOf(child(property, 'key')), value] as const] : []
  })
}

/** What stands in for the parts of a `backoff` that are not given. */
export function backoffDefaults(): Default[] {
  const [found] = constantsOf(/^src\/job\/retry\.ts$/).filter(({ name }) => name === 'BACKOFF_DEFAULTS')
  return Object.entries(found?.value ?? {}).map(([part, value]) => ({
    where: `\`defineJob\`: \`backoff.${part.replace(/Ms$/, '')}\``,
    value: `\`${part.endsWith('Ms') ? lasting(Number(value)) : shownOption(value)}\``,
    limits: undefined,
  }))
}

/** The constants of the sources; `hasUnit`: its name says what it is a number of, so that the page has to have it. */
export function fixedDefaults(): (Default & {
  readonly path: string
  readonly name: string
  readonly hasUnit: boolean
})[] {
  return constantsOf(SOURCES).flatMap(({ path, name, value }) => {
    if (typeof value !== 'number' && typeof value !== 'string') return []
    const measured = typeof value === 'number' ? inUnits(name, value) : undefined
    return {
      ...{ path: path.replace('src/', ''), name, hasUnit: measured !== undefined && !/_SHARE$/.test(name) },
      ...{ where: whereFixed({ path, name, value }), value: `\`${measured ?? shownOption(value)}\`` },
      limits: undefined,
    }
  })
}

function whereFixed({ path, name }: Constant): string {
  return `\`${name}\` in ${path.replace('src/', '')}`
}

function inUnits(name: string, value: number): string | undefined {
  if (/_MS$/.test(name)) return lasting(value)
  if (/(^|_)BYTES(_|$)/.test(name)) return bytes(value)
  if (/(^|_)CHARACTERS(_|$)/.test(name))
    return value % 2 ** 20 === 0 ? bytes(value) : `${counted(value)} characters`
  if (/_SHARE$/.test(name) && value < 1) return `${100 * value} %`
  return /_(MAX|KEPT|LIMIT|CAPACITY)$/.test(name) ? counted(value) : undefined
}

function bytes(value: number): string {
  return value % 2 ** 20 === 0 ? `${counted(value / 2 ** 20)} MiB` : `${counted(value / 1024)} KiB`
}

/** As it is written in options: the largest unit in which it is a whole number. */
function lasting(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const unitMs = parseDuration(`1${unit}`) ?? 1
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`
  }
  return `${ms}ms`
}

function counted(value: Value | undefined): string {
  return Number(value ?? 0).toLocaleString('en')
}
